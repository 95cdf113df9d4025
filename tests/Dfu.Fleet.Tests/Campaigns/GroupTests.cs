using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Plans;
using static Dfu.Fleet.Tests.Campaigns.CampaignSteps;

namespace Dfu.Fleet.Tests.Campaigns;

/// <summary>Groups in their order, what the next one waits for, and how many failures are too many.</summary>
public sealed class GroupTests
{
    private static readonly GroupPlan Canary = new() { Name = "canary", Count = 2 };
    private static readonly GroupPlan Rest = new() { Name = "rest" };

    private static int[] TakingPart(CampaignState state) => [.. CampaignGroups.TakingPart(state).Select(static device => (int)device.Value)];

    [Fact]
    public void The_next_group_begins_when_enough_devices_of_the_one_before_are_updated()
    {
        var state = Planned(new() { Groups = [Canary with { Count = 4, GoOnAt = 75 }, Rest] }, 1, 2, 3, 4, 5, 6);
        Assert.Equal([1, 2, 3, 4], TakingPart(state));
        state = Apply(state, Ended(1), Ended(2));
        Assert.Equal([3, 4], TakingPart(state));
        state = Apply(state, Ended(3, DeviceOutcome.AlreadyCurrent));
        Assert.Equal([4, 5, 6], TakingPart(state));
        Assert.Equal(
            [new GroupView("canary", 4, 3, 0, 0, true), new GroupView("rest", 2, 0, 0, 0, true)], CampaignViews.Standing(state).Groups.ToArray());
        Assert.Equal(CampaignOutcome.Failed, Apply(state, Ended(4, DeviceOutcome.Failed), Ended(5), Ended(6)).Outcome);
    }

    [Fact]
    public void Percentages_are_of_all_devices_and_rounded_up_and_the_last_group_takes_the_rest()
    {
        var plan = new CampaignPlan { Groups = [new() { Percent = 10 }, new() { Percent = 30 }, new() { Percent = 1 }] };
        var state = Planned(plan, [.. Enumerable.Range(1, 25)]);
        Assert.Equal([3, 8, 14], CampaignViews.Standing(state).Groups.Select(static group => group.Devices));
        Assert.Equal([1, 2, 3], TakingPart(state));
        state = Apply(state, Ended(1), Ended(2), Ended(3));
        Assert.Equal(8, TakingPart(state).Length);
    }

    [Fact]
    public void A_percentage_of_devices_that_are_still_collected_waits_until_their_number_is_known()
    {
        var state = Planned(new() { Groups = [new() { Percent = 50 }, Rest] }) with { All = true };
        state = Apply(state, new CampaignEvent.Listening(0, T0), Heard(1), Heard(2), Heard(3));
        Assert.Empty(TakingPart(state));
        Assert.Equal([1, 2], TakingPart(Apply(state, Tick(10))));
        Assert.Equal([1], TakingPart(Apply(Planned(new() { Groups = [new() { Percent = 25 }, Rest] }) with { All = true, Count = 4 }, Heard(1), Heard(2))));
    }

    [Fact]
    public void A_group_that_ended_with_too_few_updated_holds_until_it_is_approved_or_what_failed_is_retried()
    {
        var state = Apply(Planned(new() { Groups = [Canary, Rest] }, 1, 2, 3), Ended(1), Ended(2, DeviceOutcome.Failed));
        var hold = Assert.Single(state.Holds);
        Assert.Equal(HoldReason.TooFewUpdated, hold.Reason);
        Assert.Equal("1 of 2 devices of group 'canary' are updated, and group 'rest' waits for 100 %: approve it, or retry what failed", hold.Detail);
        Assert.False(state.IsHeld);
        Assert.Equal(CampaignStage.Running, state.Stage);
        Assert.Equal([3], TakingPart(Controlled(state, CampaignControlKind.Approve)));

        var retried = Controlled(state, CampaignControlKind.Retry);
        Assert.Empty(retried.Holds);
        Assert.Equal([2], TakingPart(retried));
        Assert.Equal([3], TakingPart(Apply(retried, Ended(2))));
    }

    [Fact]
    public void A_group_that_wants_an_approval_waits_for_it_once_and_opened_groups_stay_open()
    {
        var state = Planned(new() { Groups = [Canary with { Approval = true }, Canary with { Name = "more", Approval = true }, Rest] }, 1, 2, 3, 4, 5);
        Assert.Contains("is at work", CampaignControls.Judge(state, Control(CampaignControlKind.Approve), T0).Detail, StringComparison.Ordinal);
        state = Apply(state, Ended(1), Ended(2));
        Assert.Equal(new CampaignHold(HoldReason.Approval, "group 'more' waits for somebody to approve it"), Assert.Single(state.Holds));
        var approved = Controlled(state, CampaignControlKind.Approve);
        Assert.Equal([3, 4], TakingPart(approved));
        Assert.Equal(new(false, false, "group 'more' may begin already"), CampaignControls.Judge(approved, Control(CampaignControlKind.Approve), T0));
        var next = Apply(approved, Ended(3), Ended(4));
        Assert.Equal(HoldReason.Approval, Assert.Single(next.Holds).Reason);
        Assert.Equal([3, 5], TakingPart(Controlled(Controlled(next, CampaignControlKind.Approve), CampaignControlKind.Restart, devices: 3)));
    }

    [Fact]
    public void A_last_group_that_nobody_is_in_waits_for_nothing()
    {
        var state = Planned(new() { Groups = [Canary with { Approval = true }, Rest] }, 1, 2);
        Assert.Equal(CampaignOutcome.Succeeded, Apply(state, Ended(1), Ended(2)).Outcome);
    }

    [Fact]
    public void Devices_of_groups_that_are_not_open_are_cancelled_without_being_told()
    {
        var state = Planned(new() { Groups = [Canary, Rest] }, 1, 2, 3, 4);
        var (next, effects) = CampaignMachine.Apply(state, Event(state, Control(CampaignControlKind.Cancel)), Policy);
        Assert.Equal([new CampaignEffect.CancelDevice(Device(1)), new CampaignEffect.CancelDevice(Device(2))], effects.ToArray());
        Assert.Equal(DeviceOutcome.Cancelled, next.Results[Device(4)].Outcome);
        Assert.Equal(CampaignStage.Finished, Apply(next, Ended(1), Ended(2, DeviceOutcome.Cancelled)).Stage);
    }

    [Fact]
    public void Too_many_failures_of_a_group_hold_the_campaign_and_resuming_counts_anew()
    {
        var rule = new ErrorRule { Percent = 40, Action = ErrorAction.Pause };
        var state = Planned(new() { Groups = [Canary with { Count = 5, Errors = rule, GoOnAt = 20 }, Rest] }, 1, 2, 3, 4, 5, 6, 7);
        state = Apply(state, Ended(1, DeviceOutcome.Failed));
        Assert.Empty(state.Holds);
        state = Apply(state, Ended(2, DeviceOutcome.Failed), Ended(1, DeviceOutcome.Failed));
        Assert.Equal((HoldReason.Failures, true), (Assert.Single(state.Holds).Reason, state.IsHeld));
        Assert.Equal("2 of 5 devices of group 'canary' failed, and 40 % are too many; resume to go on, which counts anew", state.Holds[0].Detail);
        var resumed = Controlled(state, CampaignControlKind.Resume);
        Assert.Empty(resumed.Holds);
        Assert.Empty(Apply(resumed, Ended(3, DeviceOutcome.Failed)).Holds);
        Assert.Equal(HoldReason.Failures, Apply(resumed, Ended(3, DeviceOutcome.Failed), Ended(4, DeviceOutcome.Failed)).Holds[0].Reason);

        // One that is tried again and fails again counts again.
        var retried = Controlled(resumed, CampaignControlKind.Retry, devices: [1, 2]);
        Assert.True(Apply(retried, Ended(1, DeviceOutcome.Failed), Ended(2, DeviceOutcome.Failed)).IsHeld);
    }

    [Fact]
    public void Too_many_failures_of_the_campaign_stop_it_and_what_is_under_way_is_finished()
    {
        var plan = new CampaignPlan { Errors = new() { Count = 2, Action = ErrorAction.Stop } };
        var state = Apply(Planned(plan, 1, 2, 3, 4), Ended(1, DeviceOutcome.Failed), Ended(2, DeviceOutcome.Failed));
        Assert.True(state is { Closing: true, CancelRequested: false });
        Assert.Equal(
            "Stopped: 2 of 4 devices of the campaign failed, and 2 are too many; what waited was cancelled, what was under way is finished.",
            Assert.Single(state.Notices));
        Assert.Equal(["campaignCreated", "campaignStopped"], state.News.Select(static entry => entry.Action));
        Assert.Equal(CampaignOutcome.Failed, Apply(state, Ended(3), Ended(4, DeviceOutcome.Cancelled)).Outcome);
    }

    [Fact]
    public void By_another_plan_whoever_might_begin_still_may()
    {
        var state = Planned(new() { Groups = [Canary with { Count = 4 }, Rest] }, 1, 2, 3, 4, 5, 6);
        var finer = new CampaignPlan { Groups = [Canary with { Count = 1 }, Canary with { Count = 2 }, Canary, Rest] };
        state = Apply(state, new CampaignEvent.TakenUp(0, At(1)) { Plan = finer });
        Assert.Equal([1, 2, 3, 4, 5], TakingPart(state));
        Assert.Equal([true, true, true, false], CampaignViews.Standing(state).Groups.Select(static group => group.Open));
        Assert.Equal([1, 2, 3, 4, 5, 6], TakingPart(Apply(state, new CampaignEvent.TakenUp(0, At(2)) { Plan = new() })));
    }
}
