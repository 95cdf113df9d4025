using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Plans;
using Dfu.Protocol.Errors;
using static Dfu.Fleet.Tests.Campaigns.CampaignSteps;

namespace Dfu.Fleet.Tests.Campaigns;

/// <summary>A line that puts units in as others leave.</summary>
public sealed class FeedTests
{
    private static CampaignState Feed(int? count = null, CampaignPlan? plan = null) =>
        CampaignMachine.Begin(New() with { NameGlob = "Unit*", Feed = true, Count = count, Plan = plan ?? new() }, "olaf", T0);

    private static int[] TakingPart(CampaignState state) => [.. CampaignGroups.TakingPart(state).Select(static device => (int)device.Value)];

    [Fact]
    public void Units_are_taken_as_they_come_until_so_many_are_updated_and_never_more()
    {
        var state = Apply(Feed(3), Heard(1), Heard(2), Ended(1), Tick(500), Heard(3, 501), Heard(4, 502), Ended(2, DeviceOutcome.Failed));
        Assert.Equal((CampaignStage.Collecting, 4), (state.Stage, state.Devices.Length));
        Assert.Equal([3, 4], TakingPart(state));
        state = Apply(state, Ended(3), Heard(5, 600));
        Assert.Equal([4], TakingPart(state));
        state = Apply(state, Ended(4));
        Assert.True(state is { Closing: true, CancelRequested: false, Stage: CampaignStage.Running });
        var over = Apply(state, Ended(5, DeviceOutcome.Cancelled));
        Assert.Equal(CampaignOutcome.Failed, over.Outcome); // a unit failed
        Assert.Equal(CampaignOutcome.Succeeded, Apply(Feed(1), Heard(1), Ended(1)).Outcome);
    }

    [Fact]
    public void It_never_ends_by_patience_and_an_idle_one_costs_nothing()
    {
        var idle = Apply(Feed(), new CampaignEvent.Listening(0, T0), Heard(1), Ended(1), Tick(60));
        foreach (var at in new[] { 61, 3_600, 36_000, 90_000.0 })
            Assert.Same(idle, CampaignMachine.Apply(idle, Tick(at), Policy).Next);
        Assert.Equal(CampaignStage.Collecting, idle.Stage);

        // The hours in which nobody came were no work.
        var awake = Apply(idle, Heard(2, 90_000), Tick(90_010));
        Assert.InRange(awake.Seconds, 10, 11);
    }

    [Fact]
    public void A_unit_that_is_done_is_not_taken_twice_and_one_that_was_taken_away_is_taken_when_it_is_back()
    {
        var state = Apply(Feed(), Heard(1), Heard(2), Heard(3), Ended(1), Ended(2, DeviceOutcome.Failed, DfuError.NotHeard), Ended(3, DeviceOutcome.Failed));
        Assert.Same(state, CampaignMachine.Apply(state, Heard(1, 9_000) with { Run = state.Run }, Policy).Next);
        Assert.Same(state, CampaignMachine.Apply(state, Heard(3, 9_000) with { Run = state.Run }, Policy).Next);
        var back = Apply(state, Heard(2, 9_000));
        Assert.Equal([2], TakingPart(back));
        Assert.Equal([Device(2)], back.Retrying.Keys);
        Assert.Equal(3, Apply(back, Ended(2)).Devices.Length);
    }

    [Fact]
    public void The_shift_ends_when_its_end_has_come_or_somebody_cancels_it_and_what_waited_is_no_failure()
    {
        var plan = new CampaignPlan { Schedule = new() { End = At(100) } };
        var state = Apply(Feed(plan: plan), Heard(1), Heard(2), Ended(1), Tick(99));
        Assert.Equal(CampaignStage.Collecting, state.Stage);
        var ended = Apply(state, Tick(100));
        Assert.True(ended is { Closing: true, CancelRequested: false });
        Assert.Equal("Its end, 2026-01-01 00:01 UTC, has come: what is under way is finished, and nobody is taken any more.", Assert.Single(ended.Notices));
        Assert.Equal(2, Apply(ended, Heard(3, 101)).Devices.Length);
        Assert.Equal(CampaignOutcome.Succeeded, Apply(ended, Ended(2, DeviceOutcome.Cancelled)).Outcome);

        var cancelled = Controlled(state, CampaignControlKind.Cancel, at: 50);
        Assert.Equal(CampaignOutcome.Succeeded, Apply(cancelled, Ended(2, DeviceOutcome.Cancelled)).Outcome);
        Assert.Equal(CampaignOutcome.Failed, Apply(cancelled, Ended(2, DeviceOutcome.Failed)).Outcome);
    }

    [Fact]
    public void A_shift_that_is_over_goes_on_when_it_is_asked_for_again_unless_it_has_enough()
    {
        var over = Apply(Controlled(Apply(Feed(5), Heard(1), Ended(1)), CampaignControlKind.Cancel));
        Assert.Equal(CampaignStage.Finished, over.Stage);
        var again = Apply(over, new CampaignEvent.TakenUp(0, At(9)));
        Assert.Equal((CampaignStage.Collecting, false), (again.Stage, again.IsClosing));
        var enough = Apply(Feed(1), Heard(1), Ended(1));
        Assert.True(enough.IsSettled);
    }

    [Fact]
    public void A_shift_that_is_being_cancelled_takes_units_again_when_it_is_asked_for_again()
    {
        var closing = Controlled(Apply(Feed(), Heard(1)), CampaignControlKind.Cancel);
        Assert.Equal(2, Apply(closing, new CampaignEvent.TakenUp(0, At(9)), Heard(2, 10)).Devices.Length);
    }

    [Fact]
    public void Units_that_failed_are_tried_again_after_the_shift_had_enough()
    {
        var over = Apply(Feed(1), Heard(1), Heard(2), Ended(2, DeviceOutcome.Failed), Ended(1));
        Assert.Equal(CampaignStage.Finished, over.Stage);
        var again = Controlled(over, CampaignControlKind.Retry, at: 9);
        Assert.Equal([2], TakingPart(again));
        Assert.Equal(CampaignOutcome.Succeeded, Apply(again, Ended(2)).Outcome);
    }

    [Fact]
    public void Groups_and_thresholds_are_of_the_units_it_waits_for()
    {
        var plan = new CampaignPlan
        {
            Groups = [new() { Name = "first", Percent = 20, Approval = true }, new() { Name = "rest" }],
            Errors = new() { Percent = 20 },
        };
        var state = Apply(Feed(10, plan), Heard(1), Heard(2), Heard(3));
        Assert.Equal([1, 2], TakingPart(state));
        state = Apply(state, Ended(1), Ended(2));
        Assert.Equal(HoldReason.Approval, Assert.Single(state.Holds).Reason);
        state = Apply(Controlled(state, CampaignControlKind.Approve), Heard(4), Ended(3, DeviceOutcome.Failed));
        Assert.Equal([4], TakingPart(state));
        Assert.False(state.IsHeld);
        Assert.True(Apply(state, Ended(4, DeviceOutcome.Failed)).IsHeld);
    }
}
