using Dfu.Adapters;
using Dfu.Fleet.Scan;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Tests.Scan;

public sealed class UnitModeTests
{
    [Theory]
    [InlineData("DfuTarg", true, OtherServices.None, true, UnitMode.Bootloader)]
    [InlineData("DFU98ABCD", true, OtherServices.None, true, UnitMode.Bootloader)]
    [InlineData("DfuTarg", false, OtherServices.None, true, UnitMode.Bootloader)] // a packet without its services
    [InlineData("Dfu12345", true, OtherServices.None, true, UnitMode.Bootloader)]
    [InlineData("Dfu12345", false, OtherServices.None, true, UnitMode.Other)]
    [InlineData("Dfu1234x", true, OtherServices.None, true, UnitMode.BootloaderOrApplication)]
    [InlineData("dfutarg", true, OtherServices.None, true, UnitMode.BootloaderOrApplication)]
    [InlineData("DfuTarg", false, OtherServices.LegacyDfu, true, UnitMode.LegacyBootloader)]
    [InlineData("DfuTarg", true, OtherServices.LegacyDfu, true, UnitMode.Bootloader)]
    [InlineData("Sensor", false, OtherServices.LegacyDfu, true, UnitMode.LegacyBootloader)]
    [InlineData("Sensor", true, OtherServices.None, true, UnitMode.BootloaderOrApplication)]
    [InlineData("", true, OtherServices.None, true, UnitMode.BootloaderOrApplication)]
    [InlineData("Sensor", true, OtherServices.None, false, UnitMode.Application)] // a bootloader can always be connected to
    [InlineData("Sensor", true, OtherServices.Uart, true, UnitMode.Application)]
    [InlineData("Sensor", true, OtherServices.Smp, true, UnitMode.Application)]
    [InlineData("Sensor", false, OtherServices.Sdk12Buttonless, true, UnitMode.Application)]
    [InlineData("Zephyr", false, OtherServices.Smp, true, UnitMode.Smp)]
    [InlineData("Zephyr", false, OtherServices.Smp | OtherServices.Uart, true, UnitMode.Smp)]
    [InlineData("Nordic_UART", false, OtherServices.Uart, true, UnitMode.Uart)]
    [InlineData("Watch", false, OtherServices.None, true, UnitMode.Other)]
    public void What_is_advertised_tells_the_mode_or_that_it_cannot_be_told(
        string name, bool dfuService, OtherServices others, bool connectable, UnitMode mode) =>
        Assert.Equal(mode, HeardUnit.ModeOf(name, dfuService, others, connectable));

    [Theory]
    [InlineData("C0:98:76:54:32:11", "DfuTarg", "C0:98:76:54:32:10")]
    [InlineData("C0:98:76:54:32:11", "DFU543210", "C0:98:76:54:32:10")]
    [InlineData("C0:98:76:54:32:10", "DFU543210", "C0:98:76:54:32:10")] // it bonds and keeps the address
    [InlineData("C0:98:76:54:32:11", "DFUABCDEF", null)]
    [InlineData("C0:98:76:54:32:00", "DfuTarg", "C0:98:76:54:32:FF")]
    public void A_bootloaders_name_and_address_tell_its_applications(string address, string name, string? application) =>
        Assert.Equal(application, HeardUnit.ApplicationOf(BluetoothAddress.Parse(address), name)?.ToString());
}
