using Dfu.Adapters;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Tests.Adapters;

public sealed class AdapterMachineTests
{
    private static readonly FleetPolicy Policy = new();
    private static readonly DateTimeOffset T0 = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static DateTimeOffset At(double seconds) => T0.AddSeconds(seconds);

    private static BluetoothAddress Device(int n) => new((ulong)n);

    private static AdapterState New => new() { Id = "a" };

    private static AdapterState Ready(int links = 8) => Apply(New, new AdapterEvent.OpenRequested(T0), new AdapterEvent.Opened(1, "dongle", links, T0));

    private static AdapterState Apply(AdapterState state, params AdapterEvent[] events) =>
        events.Aggregate(state, (s, e) => AdapterMachine.Apply(s, Next(s, e), Policy).Next);

    private static (AdapterState State, AdapterEffect[] Effects) Step(AdapterState state, AdapterEvent e)
    {
        var (next, effects) = AdapterMachine.Apply(state, Next(state, e), Policy);
        return (next, [.. effects]);
    }

    /// <summary>The event as one that comes next, and not late or again.</summary>
    private static AdapterEvent Next(AdapterState state, AdapterEvent e) => e switch
    {
        AdapterEvent.SlotTaken taken => taken with { Turn = state.Turn + 1 },
        AdapterEvent.SlotFreed freed => freed with { Turn = state.Turn + 1 },
        AdapterEvent.ConnectEnded ended => ended with { Connect = state.ConnectsEnded + 1 },
        _ => e,
    };

    private static AdapterEvent.SlotTaken Taken(int device, int attempt = 1, int epoch = 1) => new(epoch, 0, Device(device), attempt);

    private static AdapterEvent.SlotFreed Freed(int device, int attempt = 1, double at = 1) => new(1, 0, Device(device), attempt, At(at));

    private static AdapterEvent.ConnectEnded Connected(int device, DfuError error = DfuError.None, double at = 1) =>
        new(1, 0, Device(device), 1, error, At(at));

    /// <param name="rate">Of all transfers together.</param>
    private static AdapterEvent.Measured Measured(int sending, double rate, DateTimeOffset at, bool full = false, int epoch = 1) =>
        new(epoch, new(sending, rate / sending, Losses: 0, Seconds: sending, full), at);

    private static AdapterEvent.SelfTested Tested(AdapterState state, int heard, bool heardEarlier = true, double at = 402) =>
        new(state.Epoch, state.Tests, new(TimeSpan.FromSeconds(5), heard, heardEarlier), At(at), T0.AddYears(1));

    [Fact]
    public void A_radio_that_is_full_without_a_link_is_to_blame_and_one_that_holds_links_is_not()
    {
        Assert.Equal(1, Apply(Ready(), Taken(1), Connected(1, DfuError.AdapterFull)).Errors);
        Assert.Equal(0, Apply(Ready(), Taken(1), Connected(1), Taken(2), Connected(2, DfuError.AdapterFull)).Errors);
    }

    [Fact]
    public void It_opens_once_and_is_ready_with_the_smaller_of_policy_and_hardware()
    {
        var (opening, effects) = Step(New, new AdapterEvent.OpenRequested(T0));
        Assert.Equal([new AdapterEffect.Open(1)], effects);
        Assert.Empty(Step(opening, new AdapterEvent.OpenRequested(T0)).Effects);
        Assert.Equal(3, Ready().Free);
        Assert.Equal(2, Ready(links: 2).Free);
    }

    [Fact]
    public void A_slot_takes_the_connect_token_until_the_connect_has_ended()
    {
        var taken = Apply(Ready(), Taken(1));
        Assert.Equal((2, new AdapterSlot(Device(1), 1)), (taken.Free, taken.Connecting));
        Assert.Null(Apply(taken, Connected(1)).Connecting);
        Assert.Null(Apply(taken, Freed(1)).Connecting);
        Assert.Equal(3, Apply(taken, Freed(1)).Free);
    }

    [Fact]
    public void The_same_slot_taken_or_freed_twice_counts_once()
    {
        Assert.Equal(2, Apply(Ready(), Taken(1), Taken(1)).Free);
        Assert.Equal(3, Apply(Ready(), Taken(1), Freed(1), Freed(1)).Free);
    }

    [Fact]
    public void A_loss_hands_over_every_slot_and_opens_again_under_a_new_epoch()
    {
        var (lost, effects) = Step(Apply(Ready(), Taken(1), Taken(2)), new AdapterEvent.Lost(1, "pulled out", At(5)));
        Assert.Equal([new AdapterEffect.HandOver(1, new(Device(1), 1)), new AdapterEffect.HandOver(1, new(Device(2), 1)), new AdapterEffect.Close(1)], effects);
        Assert.Equal((AdapterStatus.Recovering, 0, "pulled out"), (lost.Status, lost.Free, lost.Detail));
        Assert.Empty(Step(lost, new AdapterEvent.Tick(At(5.4))).Effects);
        var (opening, again) = Step(lost, new AdapterEvent.Tick(At(5.5)));
        Assert.Equal([new AdapterEffect.Open(opening.Epoch)], again);
        Assert.True(opening.Epoch > 1);
    }

    [Fact]
    public void Events_of_an_earlier_epoch_change_nothing()
    {
        var lost = Apply(Ready(), Taken(1), new AdapterEvent.Lost(1, "gone", At(5)));
        AdapterEvent[] late = [Taken(2), Freed(1), Connected(1), new AdapterEvent.Lost(1, "again", At(6)), new AdapterEvent.Opened(1, "x", 8, At(6)),
            Measured(1, 5, At(6)), new AdapterEvent.Recovered(1, RecoveryStep.Reopen, true, At(6))];
        Assert.All(late, e =>
        {
            var (state, effects) = Step(lost, e);
            Assert.Same(lost, state);
            Assert.Empty(effects);
        });
    }

    [Fact]
    public void The_ladder_is_climbed_step_by_step_then_the_adapter_is_quarantined_and_comes_back()
    {
        var state = Apply(Ready(), new AdapterEvent.Lost(1, "gone", T0));
        var steps = new List<RecoveryStep>();
        var opened = 0;
        for (var now = 0.0; now < 200 && state.Status != AdapterStatus.Quarantined; now += 0.5)
        {
            var (next, effects) = Step(state, new AdapterEvent.Tick(At(now)));
            state = next;
            for (var pending = new Queue<AdapterEffect>(effects); pending.TryDequeue(out var effect);)
            {
                AdapterEvent answer = new AdapterEvent.OpenFailed(state.Epoch, "not there", At(now));
                if (effect is AdapterEffect.Recover recover)
                {
                    steps.Add(recover.Step);
                    answer = new AdapterEvent.Recovered(state.Epoch, recover.Step, true, At(now));
                }
                else if (effect is AdapterEffect.Open) opened++;
                else continue;
                (state, effects) = Step(state, answer);
                foreach (var more in effects) pending.Enqueue(more);
            }
        }

        Assert.Equal([RecoveryStep.Reopen, RecoveryStep.PowerCycle, RecoveryStep.UsbReset], steps);
        Assert.Equal(AdapterStatus.Quarantined, state.Status);
        Assert.True(opened > 6);

        var (retrying, open) = Step(state, new AdapterEvent.Tick(At(400)));
        Assert.Equal([new AdapterEffect.Open(retrying.Epoch)], open);
        var tested = Apply(retrying, new AdapterEvent.Opened(retrying.Epoch, "dongle", 8, At(401)));
        Assert.Equal((AdapterStatus.Testing, 0), (tested.Status, tested.Free));
        var back = Apply(tested, Tested(tested, heard: 2));
        Assert.Equal((AdapterStatus.Ready, 3, ""), (back.Status, back.Free, back.Detail));
    }

    [Fact]
    public void A_step_this_radio_does_not_have_is_passed_over()
    {
        var state = Ready() with { Status = AdapterStatus.Recovering, Epoch = 2, StepUnderWay = RecoveryStep.PowerCycle, NextStep = RecoveryStep.UsbReset };
        var (next, effects) = Step(state, new AdapterEvent.Recovered(2, RecoveryStep.PowerCycle, false, At(1)));
        Assert.Equal([new AdapterEffect.Recover(2, RecoveryStep.UsbReset)], effects);
        Assert.Equal(RecoveryStep.UsbReset, next.StepUnderWay);
    }

    [Fact]
    public void Failed_connects_of_several_devices_drain_it_and_what_it_has_may_finish()
    {
        var state = Apply(Ready(), Taken(9));
        for (var i = 0; i < AdapterMachine.ErrorBudget; i++) state = Apply(state, Connected(1 + (i % 2), DfuError.ConnectTimeout));
        Assert.Equal((AdapterStatus.Draining, 0), (state.Status, state.Free));
        Assert.Single(state.Slots);
        var (recovering, effects) = Step(state, Freed(9));
        Assert.Equal(AdapterStatus.Recovering, recovering.Status);
        Assert.Contains(new AdapterEffect.Recover(recovering.Epoch, RecoveryStep.Reopen), effects);
        Assert.Contains(new AdapterEffect.Close(1), effects);
    }

    [Fact]
    public void Draining_ends_after_a_minute_whatever_is_under_way()
    {
        var state = Apply(Ready(), Taken(9));
        for (var i = 0; i < AdapterMachine.ErrorBudget; i++) state = Apply(state, Connected(1 + (i % 2), DfuError.ConnectFailed, at: 10));
        Assert.Empty(Step(state, new AdapterEvent.Tick(At(69))).Effects);
        Assert.Contains(new AdapterEffect.HandOver(1, new(Device(9), 1)), Step(state, new AdapterEvent.Tick(At(70))).Effects);
    }

    [Fact]
    public void One_device_that_never_answers_does_not_condemn_the_adapter()
    {
        var state = Ready();
        for (var i = 0; i < 3 * AdapterMachine.ErrorBudget; i++) state = Apply(state, Connected(1, DfuError.ConnectTimeout));
        Assert.Equal(AdapterStatus.Ready, state.Status);
    }

    [Fact]
    public void A_connect_that_works_clears_the_suspicion()
    {
        var state = Ready();
        for (var i = 0; i < 4 * AdapterMachine.ErrorBudget; i++) state = Apply(state, Connected(i % 3, i % 5 == 4 ? DfuError.None : DfuError.ConnectFailed));
        Assert.Equal(AdapterStatus.Ready, state.Status);
    }

    [Fact]
    public void A_full_adapter_teaches_its_limit_until_it_is_opened_again()
    {
        var state = Apply(Ready(), Taken(1), Connected(1), Taken(2), Connected(2), Taken(3), Connected(3, DfuError.AdapterFull), Freed(3));
        Assert.Equal((2, 0), (state.Limit.Current, state.Free));
        var lost = Apply(state, new AdapterEvent.Lost(1, "gone", At(5)), new AdapterEvent.Tick(At(6)));
        Assert.Equal(3, Apply(lost, new AdapterEvent.Opened(lost.Epoch, "dongle", 8, At(7))).Limit.Current);
    }

    [Fact]
    public void The_limit_falls_where_one_transfer_less_gets_more_through_and_is_tried_again_later()
    {
        var state = Apply(Ready(), Measured(2, 30_000, At(5)));
        for (var i = 0; i < 3; i++) state = Apply(state, Measured(3, 20_000, At(10 + (i * 5))));
        Assert.Equal(2, state.Limit.Current);
        for (var i = 0; i < 3; i++) state = Apply(state, Measured(2, 30_000, At(30 + (i * 5)), full: true));
        Assert.Equal(2, state.Limit.Current);
        for (var i = 0; i < 3; i++) state = Apply(state, Measured(2, 30_000, At(90 + (i * 5)), full: true));
        Assert.Equal(3, state.Limit.Current);
    }

    [Fact]
    public void A_limit_that_was_measured_is_where_a_new_owner_starts_and_a_full_adapter_is_forgotten()
    {
        var state = Apply(Ready(), Measured(2, 30_000, At(5)));
        for (var i = 0; i < 3; i++) state = Apply(state, Measured(3, 20_000, At(10 + (i * 5))));
        state = Apply(state, Taken(1), Connected(1), Taken(2), Connected(2, DfuError.AdapterFull));
        Assert.Equal((1, 1), (state.Limit.Current, state.Limit.Ceiling));

        var stored = FleetJson.Write(state with { Limit = state.Limit with { Current = 2 } });
        var (taken, effects) = AdapterMachine.TakeUp(FleetJson.Read<AdapterState>(stored), At(30));
        Assert.Equal(new AdapterEffect.Open(state.Epoch + 1), Assert.Single(effects));
        Assert.Equal((AdapterStatus.Opening, 0), (taken.Status, taken.Slots.Length));
        var ready = Apply(taken, new AdapterEvent.Opened(taken.Epoch, "dongle", 8, At(40)));
        Assert.Equal((2, 8, state.Limit.RaiseAt), (ready.Limit.Current, ready.Limit.Ceiling, ready.Limit.RaiseAt));
        for (var i = 0; i < 3; i++) ready = Apply(ready, Measured(2, 30_000, At(100 + (i * 5)), full: true, ready.Epoch));
        Assert.Equal(3, ready.Limit.Current);
    }

    [Fact]
    public void The_limit_stays_where_more_transfers_get_more_through()
    {
        var state = Apply(Ready(links: 3), Measured(2, 30_000, At(5)));
        for (var i = 0; i < 20; i++) state = Apply(state, Measured(3, 36_000, At(10 + (i * 5)), full: true));
        Assert.Equal(3, state.Limit.Current);
    }

    [Fact]
    public void A_state_survives_being_stored()
    {
        var state = Apply(Ready(), Taken(1), Measured(1, 12_345.5, At(5))) with { NextStep = null };
        var json = FleetJson.Write(state);
        var read = FleetJson.Read<AdapterState>(json);
        Assert.Equal(json, FleetJson.Write(read));
        Assert.Null(read.NextStep);
        Assert.Equal(state.Slots.ToArray(), read.Slots.ToArray());
    }
}
