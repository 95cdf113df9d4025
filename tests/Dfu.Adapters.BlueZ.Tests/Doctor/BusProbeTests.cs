using Dfu.Adapters.BlueZ.Doctor;
using Dfu.Adapters.BlueZ.Tests.StandIn;
using Dfu.Adapters.Simulated;
using Dfu.Adapters.Simulated.Time;
using Dfu.Protocol.Links;

namespace Dfu.Adapters.BlueZ.Tests.Doctor;

/// <summary>The probe on a real bus, with a stand-in for BlueZ.</summary>
public sealed class BusProbeTests
{
    [DbusFact]
    public async Task A_bus_without_BlueZ_has_nobody_to_ask()
    {
        await using var bus = await PrivateBus.StartAsync();
        Assert.Equal(new BusFacts(BusState.NoBlueZ, bus.Address), (await AskAsync(bus)).Bus);
    }

    [DbusFact]
    public async Task BlueZ_tells_its_adapters_and_is_not_disturbed()
    {
        await using var bus = await PrivateBus.StartAsync();
        await using var bluez = await BlueZStandIn.StartAsync(bus, TimeProvider.System);
        using var air = new SimulatedAir(new ScaledTime(50, TimeProvider.System), LinkModel.Perfect, 1);
        await bluez.PlugInAsync(0, air.CreateAdapter("radio", new()));
        await bluez.PlugInAsync(3, air.CreateAdapter("radio too", new()));

        var (state, adapters) = await AskAsync(bus);

        Assert.Equal(new BusFacts(BusState.Open, bus.Address), state);
        Assert.Equal(["hci0", "hci3"], adapters.Select(adapter => adapter.Name).Order());
        Assert.All(adapters, adapter => Assert.Equal((true, true, false), (adapter.Powered, adapter.Central, adapter.Discovering)));
        Assert.All(adapters, adapter => Assert.NotEqual(default(BluetoothAddress), adapter.Address));
        Assert.Equal((0, 0), (bluez.Faults.Calls("StartDiscovery"), bluez.Faults.Calls("Set")));
    }

    [DbusFact]
    public async Task A_policy_that_keeps_us_from_BlueZ_is_seen_as_that()
    {
        await using var bus = await PrivateBus.StartAsync("<deny send_destination=\"org.bluez\"/>");
        await using var bluez = await BlueZStandIn.StartAsync(bus, TimeProvider.System);
        var (state, adapters) = await AskAsync(bus);
        Assert.Equal(BusState.Denied, state.State);
        Assert.Empty(adapters);
    }

    [DbusFact]
    public async Task A_bluetoothd_that_hangs_is_not_waited_for()
    {
        await using var bus = await PrivateBus.StartAsync();
        await using var bluez = await BlueZStandIn.StartAsync(bus, TimeProvider.System);
        bluez.Faults.Hang("GetManagedObjects");
        Assert.Equal(BusState.BlueZSilent, (await AskAsync(bus, new ScaledTime(20, TimeProvider.System))).Bus.State);
    }

    [DbusFact]
    public async Task A_bluetoothd_that_says_nothing_of_its_methods_still_counts()
    {
        await using var bus = await PrivateBus.StartAsync();
        await using var bluez = await BlueZStandIn.StartAsync(bus, TimeProvider.System);
        using var air = new SimulatedAir(new ScaledTime(50, TimeProvider.System), LinkModel.Perfect, 1);
        await bluez.PlugInAsync(0, air.CreateAdapter("radio", new()));
        bluez.Faults.Fail("Introspect", "org.freedesktop.DBus.Error.UnknownMethod", "no");
        Assert.Null(Assert.Single((await AskAsync(bus)).Adapters).ConnectsUnheard);
    }

    private static Task<(BusFacts Bus, IReadOnlyList<BlueZAdapterFacts> Adapters)> AskAsync(PrivateBus bus, TimeProvider? time = null) =>
        new BusProbe(bus.Address, time ?? TimeProvider.System).AskAsync(CancellationToken.None);
}
