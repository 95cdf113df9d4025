using Dfu.Adapters;
using Dfu.Fleet.Access;
using Dfu.Fleet.Scan;
using Dfu.Fleet.Scheduling;
using Dfu.Protocol.Links;
using Dfu.Server.Console.Adapters;

namespace Dfu.Server.Tests.Console;

public sealed class AdapterHearingTests
{
    [Fact]
    public void Each_adapter_is_told_whom_it_hears_how_well_and_whom_best_of_all()
    {
        var air = new HeardAir(
            ["a", "b", "deaf"], [Unit(UnitMode.Application, (0, -50), (1, -80)), Unit(UnitMode.Bootloader, (1, -70)), Unit(UnitMode.Other, (0, -40))]);
        var hearing = AdapterHearing.Of(air);
        Assert.Equal((1, 1, "0 0 0 0 1"), Told("a"));
        Assert.Equal((2, 1, "0 1 1 0 0"), Told("b"));
        Assert.Equal((0, 0, "0 0 0 0 0"), Told("deaf"));

        (int, int, string) Told(string id) => (hearing[id].Heard, hearing[id].Best, string.Join(' ', hearing[id].ByBars));
    }

    private static HeardUnit Unit(UnitMode mode, params (int Adapter, int Rssi)[] by) => new()
    {
        Address = new BluetoothAddress(0xC098_7654_3200 + (16 * (ulong)mode)),
        AddressType = AddressType.Random,
        Name = "Sensor",
        Mode = mode,
        DfuService = true,
        Others = OtherServices.None, Connectable = true, By = [.. by.Select(static one => new HeardBy(one.Adapter, one.Rssi))], Silence = TimeSpan.Zero,
    };
}
