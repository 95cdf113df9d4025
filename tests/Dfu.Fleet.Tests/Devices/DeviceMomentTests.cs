using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Transfers;
using static Dfu.Fleet.Tests.Devices.DeviceSteps;

namespace Dfu.Fleet.Tests.Devices;

public sealed class DeviceMomentTests
{
    [Fact]
    public void A_device_keeps_when_it_entered_which_phase_and_what_ended_each_attempt()
    {
        var found = new ResumeRecord(50_000, 40_960, Diagnosis.BackAtSave);
        var state = Apply(
            Queued(),
            Grant(4),
            new DeviceEvent.PhaseChanged(1, DevicePhase.Sending, At(5)),
            Confirmed(1, 50_000, 8),
            Ended(1, DfuError.LinkLost, 10),
            Grant(12),
            new DeviceEvent.PhaseChanged(2, DevicePhase.Reconciling, At(13)),
            new DeviceEvent.Resumed(2, 0, found));
        Assert.Equal(
            [
                (DevicePhase.Queued, -4.0, 0L), (DevicePhase.Connecting, 0, 0), (DevicePhase.Sending, 1, 0), (DevicePhase.Queued, 6, 50_000),
                (DevicePhase.Connecting, 8, 50_000), (DevicePhase.Reconciling, 9, 50_000),
            ],
            state.Moments.Select(static moment => (moment.Phase, moment.Seconds, moment.Confirmed)));
        Assert.Equal([0, 1, 0, 0, 2, 0], state.Moments.Select(static moment => moment.Attempt));
        Assert.Equal(DfuError.LinkLost, state.Moments[3].Error);
        Assert.Equal(found, state.Moments[^1].Found);
        Assert.All(state.Moments.Where(static moment => moment.Attempt > 0), moment =>
            Assert.Equal((state.Adapter, state.Heard?.Rssi), (moment.Adapter, moment.Rssi)));
    }

    [Fact]
    public void A_device_that_drops_all_the_time_keeps_the_last_hundred_moments_at_most()
    {
        var state = Apply(Queued(), Grant(0));
        for (var i = 1; i <= 500; i++)
            state = Apply(state, new DeviceEvent.PhaseChanged(1, i % 2 == 0 ? DevicePhase.Saving : DevicePhase.Sending, At(i)));
        Assert.InRange(state.Moments.Length, 50, 100);
        Assert.Equal(500, state.Moments[^1].Seconds);
    }

    [Fact]
    public void What_changes_no_phase_adds_no_moment()
    {
        var state = Apply(Queued(), Grant(0), new DeviceEvent.PhaseChanged(1, DevicePhase.Sending, At(1)));
        Assert.Equal(state.Moments, Apply(state, Confirmed(1, 50_000, 8)).Moments);
    }
}
