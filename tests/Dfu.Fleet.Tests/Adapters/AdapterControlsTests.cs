using Dfu.Adapters;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Tests.Adapters;

public sealed class AdapterControlsTests
{
    private static readonly FleetPolicy Policy = new();
    private static readonly DateTimeOffset T0 = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly AdapterSlot Slot = new(new(16), 1);

    private static AdapterState Ready => Apply(new() { Id = "a" }, new AdapterEvent.OpenRequested(T0), new AdapterEvent.Opened(1, "dongle", 8, T0));

    private static AdapterState Busy => Apply(Ready, new AdapterEvent.SlotTaken(1, 1, Slot.Device, Slot.Attempt));

    private static AdapterState Apply(AdapterState state, params AdapterEvent[] events) =>
        events.Aggregate(state, static (s, e) => AdapterMachine.Apply(s, e, Policy).Next);

    private static AdapterEvent.Controlled Control(AdapterState state, AdapterControlKind kind, int underWay = 0, double at = 0) =>
        new(state.Controls + 1, new(kind, "me"), underWay, T0.AddSeconds(at), T0);

    private static AdapterState Do(AdapterState state, AdapterControlKind kind) => Apply(state, Control(state, kind));

    private static AdapterEvent.SelfTested Tested(AdapterState state, SelfTestFindings findings, double at = 1) =>
        new(state.Epoch, state.Tests, findings, T0.AddSeconds(at), T0);

    private static SelfTestFindings Silence => new(TimeSpan.FromSeconds(5), 0, HeardEarlier: true);

    [Fact]
    public void A_drained_adapter_has_nothing_free_and_keeps_what_it_has()
    {
        var drained = Do(Busy, AdapterControlKind.Drain);
        Assert.Equal((AdapterStatus.Ready, 0, "me", true), (drained.Status, drained.Free, drained.HeldBy, drained.Listens));
        Assert.Equal(Slot, Assert.Single(drained.Slots));
        Assert.Equal(3, Do(Apply(drained, new AdapterEvent.SlotFreed(1, 2, Slot.Device, 1, T0)), AdapterControlKind.Resume).Free);
    }

    [Fact]
    public void A_control_that_comes_late_or_twice_changes_nothing()
    {
        var drained = Do(Ready, AdapterControlKind.Drain);
        Assert.Same(drained, Do(drained, AdapterControlKind.Drain));
        var resumed = Do(drained, AdapterControlKind.Resume);
        Assert.Same(resumed, Apply(resumed, Control(Ready, AdapterControlKind.Drain)));
    }

    [Fact]
    public void What_operators_want_outlives_its_host_and_what_a_radio_does_meanwhile()
    {
        var drained = Do(Ready, AdapterControlKind.Drain);
        var stored = FleetJson.Read<AdapterState>(FleetJson.Write(Do(drained with { Status = AdapterStatus.Opening }, AdapterControlKind.Reset)));
        var taken = AdapterMachine.TakeUp(stored, T0.AddHours(1)).Next;
        Assert.Equal(("me", "me", 2), (taken.HeldBy, taken.ResetBy, taken.Untold.Length));
        var (reset, effects) = AdapterMachine.Apply(taken, new AdapterEvent.Opened(taken.Epoch, "dongle", 8, T0.AddHours(1)), Policy);
        Assert.Contains(new AdapterEffect.Recover(reset.Epoch, RecoveryStep.PowerCycle), effects);

        var lost = Apply(drained, new AdapterEvent.Lost(1, "pulled out", T0));
        Assert.Equal("me", lost.HeldBy);
        lost = Apply(lost, new AdapterEvent.Tick(T0.AddSeconds(1)));
        Assert.Equal(0, Apply(lost, new AdapterEvent.Opened(lost.Epoch, "dongle", 8, T0.AddSeconds(2))).Free);
    }

    [Fact]
    public void The_audit_is_told_of_each_control_that_changed_something_until_it_has_taken_it()
    {
        var state = Do(Do(Do(Ready, AdapterControlKind.Drain), AdapterControlKind.Drain), AdapterControlKind.Resume);
        Assert.Equal([("a#1", "adapterDrained"), ("a#2", "adapterResumed")], state.Untold.Select(entry => (entry.Id, entry.Action)));
        Assert.All(state.Untold, entry => Assert.Equal(("me", "a", T0), (entry.By, entry.Subject, entry.At)));
        Assert.Equal(["a#2"], Apply(state, new AdapterEvent.AuditTaken(["a#1"])).Untold.Select(entry => entry.Id));
    }

    [Fact]
    public void A_reset_hands_over_at_once_and_begins_with_the_first_step_that_does_something()
    {
        var (reset, effects) = AdapterMachine.Apply(Busy, Control(Busy, AdapterControlKind.Reset), Policy);
        Assert.Equal(
            [new AdapterEffect.HandOver(1, Slot), new AdapterEffect.Close(1), new AdapterEffect.Recover(2, RecoveryStep.PowerCycle)], effects.ToArray());
        var (opening, open) = AdapterMachine.Apply(reset, new AdapterEvent.Recovered(2, RecoveryStep.PowerCycle, true, T0), Policy);
        Assert.Equal(new AdapterEffect.Open(opening.Epoch), Assert.Single(open));
        var testing = Apply(opening, new AdapterEvent.Opened(opening.Epoch, "dongle", 8, T0));
        Assert.Equal((AdapterStatus.Testing, 0, "its radio was power cycled"), (testing.Status, testing.Free, testing.LastReset));
    }

    [Fact]
    public void A_reset_of_a_radio_without_such_steps_opens_it_anew_and_says_so()
    {
        var state = Do(Ready, AdapterControlKind.Reset);
        state = Apply(state, new AdapterEvent.Recovered(2, RecoveryStep.PowerCycle, false, T0));
        Assert.Equal(RecoveryStep.UsbReset, state.StepUnderWay);
        state = Apply(state, new AdapterEvent.Recovered(2, RecoveryStep.UsbReset, false, T0));
        Assert.Equal((AdapterStatus.Opening, null), (state.Status, state.ResetBy));
        Assert.Contains("neither power cycled nor reset over USB", state.LastReset, StringComparison.Ordinal);
    }

    [Fact]
    public void The_end_of_a_step_that_comes_late_ends_no_step_of_a_reset()
    {
        var late = new AdapterEvent.Recovered(1, RecoveryStep.UsbReset, false, T0);
        var state = Apply(Ready with { Status = AdapterStatus.Recovering, StepUnderWay = RecoveryStep.UsbReset, NextStep = null }, late);
        Assert.Equal(AdapterStatus.Quarantined, state.Status);
        state = Do(state, AdapterControlKind.Reset);
        state = Apply(state, new AdapterEvent.Recovered(state.Epoch, RecoveryStep.PowerCycle, false, T0));
        Assert.Equal(RecoveryStep.UsbReset, state.StepUnderWay);
        Assert.Same(state, Apply(state, late));
    }

    [Theory]
    [InlineData(AdapterStatus.Ready, 1, "it has 1 transfer under way")]
    [InlineData(AdapterStatus.Draining, 0, "it is suspected")]
    [InlineData(AdapterStatus.Recovering, 0, "its radio is not open")]
    [InlineData(AdapterStatus.Quarantined, 0, "resume it")]
    public void A_self_test_that_would_disturb_or_cannot_be_is_refused_with_words(AdapterStatus status, int underWay, string words)
    {
        var state = Ready with { Status = status };
        var verdict = AdapterControls.Verdict(state, new(AdapterControlKind.SelfTest, "me"), underWay);
        Assert.True(verdict.Refused);
        Assert.Contains(words, verdict.Words, StringComparison.Ordinal);
        Assert.Same(state, Apply(state, Control(state, AdapterControlKind.SelfTest, underWay)));
    }

    [Fact]
    public void A_self_test_that_fails_takes_the_next_step_and_in_the_end_quarantine_with_growing_pauses()
    {
        var failed = new SelfTestFindings(TimeSpan.FromSeconds(1), 3, HeardEarlier: true)
        {
            GoldenUnit = new BluetoothAddress(32),
            Error = DfuError.ConnectFailed,
            Detail = "0x3e",
        };
        var (state, at) = (Do(Ready, AdapterControlKind.SelfTest), 0.0);
        List<RecoveryStep> steps = [];
        List<double> pauses = [];
        while (pauses.Count < 8)
        {
            Assert.Equal(AdapterStatus.Testing, state.Status);
            state = Apply(state, Tested(state, failed, at));
            Assert.False(state.SelfTest!.Passed);
            if (state.StepUnderWay is { } step)
            {
                steps.Add(step);
                state = Apply(state, new AdapterEvent.Recovered(state.Epoch, step, true, T0.AddSeconds(at)));
            }
            else
            {
                Assert.Equal((AdapterStatus.Quarantined, true), (state.Status, state.Detail.Contains("0x3e", StringComparison.Ordinal)));
                pauses.Add((state.RetryAt!.Value - T0).TotalSeconds - at);
                at += pauses[^1];
                state = Apply(state, new AdapterEvent.Tick(T0.AddSeconds(at)));
            }

            state = Apply(state, new AdapterEvent.Opened(state.Epoch, "dongle", 8, T0.AddSeconds(at)));
        }

        Assert.Equal([RecoveryStep.Reopen, RecoveryStep.PowerCycle, RecoveryStep.UsbReset], steps);
        Assert.Equal([10, 20, 40, 80, 160, 300, 300, 300], pauses);

        var good = failed with { Error = DfuError.None, ConnectTime = TimeSpan.FromSeconds(0.4) };
        state = Apply(state, Tested(state, good, at));
        Assert.Equal((AdapterStatus.Ready, 3, 0, RecoveryStep.Reopen), (state.Status, state.Free, state.FailedReturns, state.NextStep!.Value));
        Assert.Equal("connected to the golden unit 00:00:00:00:00:20 in 0.4 s", state.SelfTest!.Detail);
    }

    [Fact]
    public void Silence_condemns_a_radio_that_heard_before_only_while_there_is_something_to_do_about_it()
    {
        var testing = Do(Ready, AdapterControlKind.SelfTest);
        Assert.Equal(RecoveryStep.Reopen, Apply(testing, Tested(testing, Silence)).StepUnderWay);
        Assert.Equal(AdapterStatus.Ready, Apply(testing, Tested(testing, Silence with { HeardEarlier = false })).Status);
        var last = testing with { NextStep = null };
        Assert.Equal((AdapterStatus.Ready, true), Apply(last, Tested(last, Silence)) is var ready ? (ready.Status, ready.SelfTest!.Passed) : default);
    }

    [Fact]
    public void A_golden_unit_that_nobody_hears_takes_no_adapter_out_that_hears_others()
    {
        var testing = Do(Ready, AdapterControlKind.SelfTest);
        var ready = Apply(testing, Tested(testing, new(TimeSpan.FromSeconds(5), 4, true) { GoldenUnit = new BluetoothAddress(32) }));
        Assert.Equal(AdapterStatus.Ready, ready.Status);
        Assert.Equal("heard 4 devices, the golden unit 00:00:00:00:00:20 not among them: is it on?", ready.SelfTest!.Detail);
    }

    [Fact]
    public void A_self_test_whose_end_nobody_tells_has_failed()
    {
        var testing = Do(Ready, AdapterControlKind.SelfTest);
        Assert.Same(testing, Apply(testing, new AdapterEvent.Tick(T0.AddSeconds(59))));
        Assert.Equal(RecoveryStep.Reopen, Apply(testing, new AdapterEvent.Tick(T0.AddSeconds(60))).StepUnderWay);
    }
}
