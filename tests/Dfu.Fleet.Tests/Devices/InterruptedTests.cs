using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Transfers;
using static Dfu.Fleet.Tests.Devices.DeviceSteps;

namespace Dfu.Fleet.Tests.Devices;

public sealed class InterruptedTests
{
    [Fact]
    public void A_lost_adapter_is_not_the_devices_failure()
    {
        var state = Queued();
        for (var attempt = 1; attempt <= 60; attempt++) state = Apply(state, Grant(attempt), Ended(attempt, DfuError.AdapterLost, attempt));
        Assert.Equal((DevicePhase.Queued, 0, 0, 60), (state.Phase, state.Fruitless, state.Failures, state.Attempt));
    }

    [Fact]
    public void Interruptions_that_gain_nothing_are_backed_off_from_and_end_with_their_cause()
    {
        var state = Queued();
        var pauses = new List<double>();
        var at = 0.0;
        while (state.Phase != DevicePhase.Done)
        {
            state = Apply(state, Grant(at), Ended(state.Attempt + 1, DfuError.Interrupted, at + 3));
            pauses.Add(state.NotBefore is { } until ? (until - At(at + 3)).TotalSeconds : 0);
            at += 3 + pauses[^1];
            if (state.Phase == DevicePhase.BackingOff) state = Apply(state, Waited(at, heard: at));
        }

        Assert.Equal((0, 0), (pauses[0], pauses[^1]));
        Assert.All(pauses[1..^1].Zip([1.0, 2, 4, 8, 16, 30, 30, 30]), pause => Assert.InRange(pause.First / pause.Second, 0.8, 1.2));
        Assert.Equal((DeviceOutcome.Failed, DfuError.Interrupted, 0), (state.Outcome, state.Error, state.Failures));
        Assert.Contains("10 attempts in a row were interrupted, and the device never held more than 0 bytes; the last: Interrupted", state.Detail,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Interruptions_that_end_their_process_each_time_are_counted_all_the_same()
    {
        var (state, runs) = (Queued(), 0);
        while (state.Phase != DevicePhase.Done && ++runs < 1000)
        {
            var at = runs % 2 == 0 ? 0 : 1e6;
            state = DeviceMachine.TakeUp(state, At(at), Policy);
            if (state.Phase == DevicePhase.BackingOff) state = Apply(state, Waited(at += 30, heard: at));
            state = Apply(state, Grant(at), new DeviceEvent.Interrupted(state.Attempt + 1, At(at + 3)));
        }

        Assert.Equal(DfuError.Interrupted, state.Error);
        Assert.InRange(runs, 6, 20);
    }

    [Fact]
    public void Interruptions_are_put_up_with_while_the_device_comes_to_hold_more()
    {
        var state = Queued();
        for (var attempt = 1; attempt <= 40; attempt++)
        {
            var resumed = new DeviceEvent.Resumed(attempt, 0, new ResumeRecord(attempt * 1024, attempt * 1024, Diagnosis.Healthy));
            state = Apply(state, Grant(attempt * 10), resumed, new DeviceEvent.Interrupted(attempt, At(attempt * 10)));
        }

        Assert.Equal(DevicePhase.Queued, state.Phase);
    }

    [Fact]
    public void Of_many_resumes_the_last_are_kept_and_all_are_counted()
    {
        var state = Queued();
        for (var attempt = 1; attempt <= 200; attempt++)
        {
            var resumed = new DeviceEvent.Resumed(attempt, 0, new ResumeRecord(attempt * 100, attempt * 100, Diagnosis.Healthy));
            state = Apply(state, Grant(attempt), resumed, Ended(attempt, DfuError.AdapterLost, attempt));
        }

        Assert.Equal((50, 200, 100 * 201 * 100), (state.Resumes.Length, state.ResumeTotals.Times, state.ResumeTotals.Kept));
        Assert.Equal(200 * 100, state.Resumes[^1].Held);
    }

    [Theory]
    [InlineData(-36_000)]
    [InlineData(36_000)]
    public void A_process_whose_clock_is_another_neither_fails_a_waiting_device_nor_lets_it_wait_for_longer(double seconds)
    {
        var backing = Apply(Queued(), Grant(), Confirmed(1, 4096), Ended(1, DfuError.LinkLost, 1), Grant(2), Ended(2, DfuError.LinkLost, 3));
        Assert.Equal(DevicePhase.BackingOff, backing.Phase);
        Assert.InRange(backing.NotBefore!.Value, At(3.8), At(4.2));
        var now = At(seconds);
        var taken = DeviceMachine.TakeUp(backing, now, Policy);
        Assert.True(taken.NotBefore <= now.AddSeconds(1.2));
        var queued = DeviceMachine.TakeUp(Queued(), now, Policy);
        Assert.Same(queued, Apply(queued, Waited(seconds + 119, listening: seconds)));
        Assert.Equal(DfuError.NotHeard, Apply(queued, Waited(seconds + 120, listening: seconds)).Error);
    }

    [Fact]
    public void An_adapter_that_only_ever_comes_back_to_go_away_again_is_waited_for_no_longer_than_one_that_stays_away()
    {
        var state = Queued();
        for (var attempt = 1; attempt <= 13; attempt++)
        {
            var resumed = new DeviceEvent.Resumed(attempt, 0, new ResumeRecord(4096, 0, Diagnosis.SavesNothing));
            state = Apply(state, Grant(attempt * 10), resumed, Confirmed(attempt, 4096), Ended(attempt, DfuError.AdapterLost, attempt * 10));
        }

        Assert.Equal((DeviceOutcome.Failed, DfuError.AdapterLost, 13), (state.Outcome, state.Error, state.Attempt));
        Assert.Contains("13 times", state.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Adapters_that_go_away_are_put_up_with_while_the_device_comes_to_hold_more()
    {
        var state = Queued();
        for (var attempt = 1; attempt <= 40; attempt++)
        {
            var resumed = new DeviceEvent.Resumed(attempt, 0, new ResumeRecord(attempt * 4096, attempt * 4096, Diagnosis.Healthy));
            state = Apply(state, Grant(attempt * 10), resumed, Ended(attempt, DfuError.AdapterLost, attempt * 10));
        }

        Assert.Equal(DevicePhase.Queued, state.Phase);
        for (var loss = 41; loss <= 44; loss++) state = Apply(state, Grant(loss * 60), Ended(loss, DfuError.AdapterLost, loss * 60));
        Assert.Equal(DevicePhase.Queued, state.Phase);
    }
}
