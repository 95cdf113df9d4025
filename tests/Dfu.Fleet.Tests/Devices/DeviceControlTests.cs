using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using static Dfu.Fleet.Tests.Devices.DeviceSteps;

namespace Dfu.Fleet.Tests.Devices;

/// <summary>A device whose campaign is paused, closed, or wants it to begin anew.</summary>
public sealed class DeviceControlTests
{
    private static readonly DeviceEvent Drain = new DeviceEvent.CancelRequested(At(1), 0) { Drain = true };

    [Fact]
    public void A_pause_breaks_off_this_attempt_and_no_other_and_the_device_waits_again()
    {
        var sending = Apply(Queued(), Grant(), Confirmed(1, 8192));
        Assert.Same(sending, Apply(sending, new DeviceEvent.PauseRequested(2, At(1))));
        var (paused, effects) = DeviceMachine.Apply(sending, new DeviceEvent.PauseRequested(1, At(1)), Policy);
        Assert.Equal(new DeviceEffect.StopAttempt("a", 1, 1, DfuError.Cancelled), Assert.Single(effects));
        Assert.Equal(effects.ToArray(), DeviceMachine.Outstanding(paused).ToArray());
        Assert.Same(paused, Apply(paused, new DeviceEvent.PauseRequested(1, At(2))));

        foreach (DeviceEvent end in new DeviceEvent[] { Ended(1, DfuError.Cancelled, 3), new DeviceEvent.Interrupted(1, At(3)) })
        {
            var queued = Apply(paused, end);
            Assert.Equal((DevicePhase.Queued, 0, null, 8192L), (queued.Phase, queued.Failures, queued.Losses, queued.Images[0].Confirmed));
            Assert.False(Apply(queued, Grant(4)).Paused);
        }

        Assert.Equal(DeviceOutcome.Updated, Apply(paused, Ended(1, DfuError.None)).Outcome);
        Assert.Equal(DeviceOutcome.Cancelled, Apply(paused, new DeviceEvent.CancelRequested(At(2), 0), Ended(1, DfuError.Cancelled)).Outcome);
    }

    [Fact]
    public void Whoever_waits_is_cancelled_at_once_and_whoever_is_at_work_after_this_attempt()
    {
        Assert.Equal(DeviceOutcome.Cancelled, Apply(Queued(), Drain).Outcome);
        var (last, effects) = DeviceMachine.Apply(Apply(Queued(), Grant()), Drain, Policy);
        Assert.Empty(effects);
        Assert.Equal(new DeviceEffect.StartAttempt("a", 1, 1), Assert.Single(DeviceMachine.Outstanding(last)));
        Assert.Same(last, Apply(last, Drain));
        Assert.Equal(DeviceOutcome.Updated, Apply(last, Ended(1, DfuError.None)).Outcome);
        foreach (var error in new[] { DfuError.LinkLost, DfuError.AdapterLost, DfuError.AdapterFull, DfuError.Interrupted })
        {
            var over = Apply(last, Ended(1, error));
            Assert.Equal((DevicePhase.Done, DeviceOutcome.Cancelled, DfuError.Cancelled), (over.Phase, over.Outcome, over.Error));
        }

        // What can never succeed has failed.
        var refused = Apply(last, Ended(1, DfuError.SignatureRefused));
        Assert.Equal((DeviceOutcome.Failed, DfuError.SignatureRefused), (refused.Outcome, refused.Error));
        Assert.Equal(DevicePhase.Queued, Apply(last, new DeviceEvent.RetryRequested(At(1), 1), Ended(1, DfuError.AdapterLost)).Phase);
    }

    /// <summary>It runs what it was sent, whoever looks at it: to call that cancelled would have it sent once more.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_device_that_has_accepted_all_it_was_sent_is_not_cancelled_unless_something_is_expected_of_it(bool expects)
    {
        var activated = Apply(Queued() with { Expects = expects }, Grant(), new DeviceEvent.ImageActivated(1, 0, false, At(1)));
        foreach (DeviceState over in new[]
        {
            Apply(activated, Drain, Ended(1, DfuError.LinkLost)),
            Apply(activated, new DeviceEvent.CancelRequested(At(2), 0), Ended(1, DfuError.Cancelled)),
            Apply(activated, new DeviceEvent.CancelRequested(At(2), 0), new DeviceEvent.Interrupted(1, At(3))),
            Apply(activated, Ended(1, DfuError.AdapterLost), Drain),
        })
        {
            Assert.Equal(
                expects ? (DeviceOutcome.Cancelled, FinishCheck.None) : (DeviceOutcome.Updated, FinishCheck.Accepted), (over.Outcome, over.Finish.Check));
        }
    }

    [Fact]
    public void A_device_that_is_updated_begins_anew_when_somebody_wants_that_and_not_when_it_is_asked_for_again()
    {
        var updated = Apply(Queued(), Grant(), Confirmed(1, 100_000), new DeviceEvent.ImageActivated(1, 0, false, At(1)), Ended(1, DfuError.None));
        Assert.Equal(DevicePhase.Done, Apply(updated, new DeviceEvent.RetryRequested(At(5), 1)).Phase);
        var again = new DeviceEvent.RetryRequested(At(5), 1) { Anew = true };
        var (anew, effects) = DeviceMachine.Apply(updated, again, Policy);
        Assert.Equal(new DeviceEffect.RequestSlot(), Assert.Single(effects));
        Assert.Equal((DevicePhase.Queued, DeviceOutcome.Pending, 1, true, 0L), (anew.Phase, anew.Outcome, anew.Run, anew.Forced, anew.BytesConfirmed));
        Assert.Equal((1, 1, updated.Application), (anew.Attempt, anew.EarlierAttempts, anew.Application));
        Assert.Same(anew, Apply(anew, again));

        // One that is at work goes on, as one that is to be sent whatever it runs.
        var working = Apply(Apply(Queued(), Grant()), again);
        Assert.Equal((DevicePhase.Connecting, true, 1), (working.Phase, working.Forced, working.Run));
    }
}
