using Dfu.Adapters;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Tests.Adapters;

/// <summary>When connects that fail are the adapter's fault, and who is told.</summary>
public sealed class SuspicionTests
{
    private static readonly FleetPolicy Policy = new();
    private static readonly DateTimeOffset T0 = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private int _connects;

    /// <summary>It has a transfer to finish.</summary>
    private static AdapterState Ready => Apply(
        new() { Id = "a" }, new AdapterEvent.OpenRequested(T0), new AdapterEvent.Opened(1, "dongle", 8, T0), new AdapterEvent.SlotTaken(1, 1, Device(99), 1));

    private static BluetoothAddress Device(int n) => new((ulong)n);

    private static AdapterState Apply(AdapterState state, params AdapterEvent[] events) =>
        events.Aggregate(state, static (s, e) => AdapterMachine.Apply(s, e, Policy).Next);

    private AdapterEvent.ConnectEnded Connect(int device, int attempt, DfuError error = DfuError.ConnectFailed, double at = 1) =>
        new(1, ++_connects, Device(device), attempt, error, T0.AddSeconds(at));

    private static AdapterEvent.ServedElsewhere Elsewhere(int device, int attempt) => new(1, Device(device), attempt, T0.AddSeconds(2));

    [Fact]
    public void Two_devices_that_others_connected_to_since_condemn_it_after_three_failures_in_a_row()
    {
        var state = Apply(Ready, Connect(1, 1), Connect(2, 1), Elsewhere(1, 1), Elsewhere(2, 1));
        Assert.Equal(AdapterStatus.Ready, state.Status);
        var (drained, effects) = AdapterMachine.Apply(state, Connect(3, 1), Policy);
        Assert.Equal(AdapterStatus.Draining, drained.Status);
        Assert.Equal("3 connects in a row failed; other adapters connected to 2 of those devices since", drained.Detail);
        Assert.Equal([1, 2, 3], effects.Cast<AdapterEffect.Exonerate>().Select(effect => (int)effect.Slot.Device.Value));
    }

    [Fact]
    public void It_is_condemned_as_soon_as_the_second_device_was_served_elsewhere()
    {
        var state = Apply(Ready, Connect(1, 1), Connect(2, 1), Connect(3, 1), Elsewhere(1, 1));
        Assert.Equal(AdapterStatus.Ready, state.Status);
        Assert.Equal(AdapterStatus.Draining, Apply(state, Elsewhere(3, 1)).Status);
        Assert.Equal(AdapterStatus.Ready, Apply(state, Elsewhere(1, 1)).Status);
    }

    [Fact]
    public void One_that_connected_to_anybody_meanwhile_is_well()
    {
        var state = Apply(
            Ready, Connect(1, 1), Connect(2, 1), Connect(3, 1, DfuError.None), Elsewhere(1, 1), Elsewhere(2, 1), Connect(4, 1), Connect(5, 1), Connect(6, 1));
        Assert.Equal(AdapterStatus.Ready, state.Status);
    }

    [Fact]
    public void News_of_an_attempt_that_did_not_fail_last_are_of_no_account()
    {
        var state = Apply(Ready, Connect(1, 1), Connect(2, 1), Connect(1, 2), Elsewhere(1, 1), Elsewhere(2, 1));
        Assert.Equal(AdapterStatus.Ready, state.Status);
        Assert.Equal(AdapterStatus.Draining, Apply(state, Elsewhere(1, 2)).Status);
    }

    [Fact]
    public void Devices_that_fail_while_a_suspected_adapter_drains_are_excused_too()
    {
        var state = Ready;
        for (var i = 0; i < AdapterMachine.ErrorBudget; i++) state = Apply(state, Connect(1 + (i % 2), 1 + i));
        Assert.Equal(AdapterStatus.Draining, state.Status);
        Assert.Equal(new AdapterEffect.Exonerate(1, new(Device(99), 1)), Assert.Single(AdapterMachine.Apply(state, Connect(99, 1), Policy).Effects));
    }

    [Fact]
    public void One_that_has_nothing_to_finish_is_recovered_at_once()
    {
        var state = Apply(Ready, new AdapterEvent.SlotFreed(1, 2, Device(99), 1, T0));
        for (var i = 0; i < AdapterMachine.ErrorBudget; i++) state = Apply(state, Connect(1 + (i % 2), 1 + i));
        Assert.Equal((AdapterStatus.Recovering, RecoveryStep.Reopen), (state.Status, state.StepUnderWay));
    }

    [Fact]
    public void An_adapter_serves_others_when_it_connected_to_one_lately()
    {
        var state = Apply(Ready, Connect(1, 1, DfuError.None, at: 10));
        Assert.False(state.ServesOthers(Device(1), T0.AddSeconds(11)));
        Assert.True(state.ServesOthers(Device(2), T0.AddSeconds(130)));
        Assert.False(state.ServesOthers(Device(2), T0.AddSeconds(131)));
        Assert.True(Apply(state, Connect(2, 1, DfuError.None, at: 20), Connect(2, 2, DfuError.None, at: 21)).ServesOthers(Device(2), T0.AddSeconds(22)));
    }

    [Fact]
    public void Connects_and_drops_of_the_last_minutes_are_counted_and_older_ones_forgotten()
    {
        var state = Apply(
            Ready, Connect(1, 1, DfuError.None), Connect(2, 1), Connect(3, 1, DfuError.None),
            new AdapterEvent.AttemptEnded(1, 2, DfuError.LinkLost, T0.AddSeconds(5)), new AdapterEvent.AttemptEnded(1, 3, DfuError.None, T0.AddSeconds(6)));
        Assert.Equal(new LinkTally(3, 1, 1), DeviceViews.Of(state, 0).Recent);
        state = Apply(state, new AdapterEvent.Tick(T0.AddSeconds(302)), Connect(1, 2, DfuError.None, at: 303));
        Assert.Equal(new LinkTally(4, 1, 1), DeviceViews.Of(state, 0).Recent);
        Assert.Equal(new LinkTally(1, 0, 0), DeviceViews.Of(Apply(state, new AdapterEvent.Tick(T0.AddSeconds(602))), 0).Recent);
        Assert.Equal(default, DeviceViews.Of(Apply(state, new AdapterEvent.Tick(T0.AddSeconds(2000))), 0).Recent);
    }
}
