using Dfu.Adapters.BlueZ.Kernel;
using Dfu.Adapters.BlueZ.Tests.Kernel;

namespace Dfu.Adapters.BlueZ.Tests.Doctor;

public sealed class PresentControllersTests : IDisposable
{
    private readonly string _sys = Directory.CreateTempSubdirectory("dfu-sys-").FullName;

    public PresentControllersTests() => Directory.CreateDirectory(Path.Combine(_sys, "class/bluetooth/hci2"));

    public void Dispose() => Directory.Delete(_sys, true);

    [Fact]
    public void An_address_that_sysfs_does_not_tell_is_asked_of_the_controller()
    {
        // struct hci_dev_info: dev_id 2, name "hci2", bdaddr lowest byte first.
        var info = new byte[92];
        new byte[] { 2, 0, (byte)'h', (byte)'c', (byte)'i', (byte)'2', 0, 0, 0, 0, 0x22, 0x11, 0x00, 0x8d, 0x7c, 0xc4 }.CopyTo(info, 0);
        using var kernel = new ScriptedKernel { DeviceInfo = info };
        Assert.Equal("C4:7C:8D:00:11:22", Assert.Single(PresentControllers.List(_sys, kernel)).Address?.ToString());
    }

    [Fact]
    public void A_controller_without_an_address_has_none()
    {
        using var kernel = new ScriptedKernel { DeviceInfo = new byte[92] };
        Assert.Null(Assert.Single(PresentControllers.List(_sys, kernel)).Address);
    }

    [Fact]
    public void An_address_that_sysfs_tells_needs_no_asking()
    {
        File.WriteAllText(Path.Combine(_sys, "class/bluetooth/hci2/address"), "c4:7c:8d:00:11:23\n");
        using var kernel = new ScriptedKernel();
        Assert.Equal("C4:7C:8D:00:11:23", Assert.Single(PresentControllers.List(_sys, kernel)).Address?.ToString());
    }
}
