using Dfu.Adapters;
using Dfu.Fleet.Access;
using Dfu.Fleet.Scan;
using Dfu.Fleet.Scheduling;
using Dfu.Protocol.Links;
using Dfu.Server.Console.NewCampaign;

namespace Dfu.Server.Tests.Console;

public sealed class AirDevicesTests
{
    [Fact]
    public void A_device_that_was_heard_at_both_of_its_addresses_is_one_as_it_was_heard_last()
    {
        var air = new HeardAir(
            ["a"],
            [
                Unit(2, UnitMode.Application, "Sensor", 9),
                Unit(3, UnitMode.Bootloader, "DfuTarg", 1, application: 2),
                Unit(4, UnitMode.Application, "Sensor", 0),
            ]);
        var heard = AirDevices.In(air, others: false, "");
        Assert.Equal([Address(3), Address(4)], heard.Select(static unit => unit.Address));
        Assert.Equal([Address(2), Address(4)], heard.Select(AirDevices.Of));
    }

    [Fact]
    public void It_is_found_by_a_part_of_its_name_or_of_either_address()
    {
        var air = new HeardAir(["a"], [Unit(3, UnitMode.Bootloader, "DfuTarg", 1, application: 2), Unit(4, UnitMode.Other, "Watch", 0)]);
        Assert.Single(AirDevices.In(air, others: true, " targ "));
        Assert.Single(AirDevices.In(air, others: true, Address(2).ToString()));
        Assert.Single(AirDevices.In(air, others: true, Address(3).ToString()));
        Assert.Equal(2, AirDevices.In(air, others: true, "").Count);
        Assert.Empty(AirDevices.In(air, others: false, "watch"));
    }

    private static BluetoothAddress Address(ulong value) => new(0xC098_7654_0000 + value);

    private static HeardUnit Unit(ulong address, UnitMode mode, string name, int silence, ulong? application = null) => new()
    {
        Address = Address(address), AddressType = AddressType.Random, Name = name, Mode = mode, DfuService = true, Others = OtherServices.None,
        Connectable = true, Application = application is { } known ? Address(known) : null, By = [new HeardBy(0, -50)], Silence = TimeSpan.FromSeconds(silence),
    };
}
