using Dfu.Adapters;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Tests.Devices;

public sealed class NeighbourTests
{
    private static readonly DateTimeOffset T0 = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly FleetPolicy Policy = new();
    private static readonly BluetoothAddress Target = BluetoothAddress.Parse("C0:98:76:54:32:10");

    private static DeviceState Apply(DeviceState state, params DeviceEvent[] events) =>
        events.Aggregate(state, static (state, e) => DeviceMachine.Apply(state, e, Policy).Next);

    private static DeviceState Granted() => Apply(
        DeviceState.New(Target, [4096], T0),
        new DeviceEvent.Granted(1, "a", 1, new(Target.Bootloader, AddressType.Random, -60, "App", true, true), Target, Target.Bootloader, false, T0));

    [Fact]
    public void A_device_is_known_by_its_addresses_from_the_first_write_on()
    {
        Assert.False(Granted().Settled);
        Assert.False(Apply(Granted(), new DeviceEvent.PhaseChanged(1, DevicePhase.Connecting, T0)).Settled);
        Assert.True(Apply(Granted(), new DeviceEvent.PhaseChanged(1, DevicePhase.Jumping, T0)).Settled);
        var settled = Apply(Granted(), new DeviceEvent.PhaseChanged(1, DevicePhase.Reconciling, T0), new DeviceEvent.Interrupted(1, T0));
        Assert.True(settled.Settled);
        Assert.False(settled.Anew([4096], T0).Settled);
    }

    [Fact]
    public void A_neighbour_is_remembered_once_and_named_when_the_device_is_never_heard()
    {
        var stranger = new DeviceEvent.Mistaken(1, Target.Bootloader);
        Assert.Empty(Apply(Granted(), new DeviceEvent.Mistaken(0, Target.Bootloader)).Strangers);
        var waiting = Apply(Granted(), stranger, stranger, new DeviceEvent.Interrupted(1, T0));
        Assert.Equal(Target.Bootloader, Assert.Single(waiting.Strangers));
        var given = Apply(waiting, new DeviceEvent.Waited(T0 + Policy.Patience, null, false, T0, null));
        Assert.Equal((DfuError.NotHeard, "not heard for 120 s; C0:98:76:54:32:11 is the application of another device"), (given.Error, given.Detail));
    }
}
