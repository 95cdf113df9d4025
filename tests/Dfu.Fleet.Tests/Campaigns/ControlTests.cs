using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using static Dfu.Fleet.Tests.Campaigns.CampaignSteps;

namespace Dfu.Fleet.Tests.Campaigns;

/// <summary>What operators may want of a campaign, and what they are told.</summary>
public sealed class ControlTests
{
    [Fact]
    public void A_pause_holds_until_it_is_resumed_and_both_once_more_change_nothing()
    {
        var paused = Controlled(New(1, 2), CampaignControlKind.Pause);
        Assert.True(paused.IsHeld);
        Assert.False(paused.PauseCuts);
        Assert.Equal(("paused by olaf; what is under way is finished", null), (Assert.Single(paused.Holds).Detail, paused.Holds[0].Until));
        Assert.Equal("it is paused already", AlreadySo(paused, CampaignControlKind.Pause));

        var resumed = Controlled(paused, CampaignControlKind.Resume);
        Assert.Empty(resumed.Holds);
        Assert.Equal("it goes on already", AlreadySo(resumed, CampaignControlKind.Resume));
        Assert.Equal("nobody paused it: it goes on", Refused(New(1), CampaignControlKind.Resume));
    }

    [Fact]
    public void A_pause_that_cuts_comes_after_one_that_drains_and_not_the_other_way_round()
    {
        var cut = Controlled(Controlled(New(1), CampaignControlKind.Pause), CampaignControlKind.Pause, cut: true);
        Assert.True(cut is { IsHeld: true, PauseCuts: true });
        Assert.StartsWith("it is paused", AlreadySo(cut, CampaignControlKind.Pause), StringComparison.Ordinal);
        Assert.False(Controlled(cut, CampaignControlKind.Resume).PauseCuts);
    }

    [Fact]
    public void A_campaign_that_is_paused_ends_when_what_was_under_way_has_ended()
    {
        var over = Apply(Controlled(New(1), CampaignControlKind.Pause), Ended(1));
        Assert.Equal((CampaignStage.Finished, CampaignOutcome.Succeeded), (over.Stage, over.Outcome));
        Assert.Empty(over.Holds);
        Assert.Equal("it is over: 1 updated, 0 failed, 0 cancelled", Refused(over, CampaignControlKind.Pause));
    }

    [Fact]
    public void Cancelling_drains_first_and_cuts_after()
    {
        var draining = Controlled(New(1, 2), CampaignControlKind.Cancel);
        Assert.True(draining is { CancelRequested: true, Closing: true });
        AlreadySo(draining, CampaignControlKind.Cancel);
        var cut = Controlled(draining, CampaignControlKind.Cancel, cut: true);
        Assert.True(cut is { CancelRequested: true, Closing: false });
        AlreadySo(cut, CampaignControlKind.Cancel, cut: true);
        AlreadySo(cut, CampaignControlKind.Cancel);
        Assert.Equal("it is being cancelled", Refused(cut, CampaignControlKind.Pause));
        Assert.Equal("it is being cancelled; that can be done when it is over", Refused(cut, CampaignControlKind.Retry));
        var over = Apply(cut, Ended(1), Ended(2, DeviceOutcome.Cancelled));
        Assert.Equal((CampaignOutcome.Failed, true), (over.Outcome, over.CancelRequested));
        Assert.Equal("it is cancelled already", AlreadySo(over, CampaignControlKind.Cancel));
        Assert.StartsWith("it is over", Refused(Apply(New(1), Ended(1)), CampaignControlKind.Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public void A_campaign_that_drains_is_cut_for_one_that_supersedes_it()
    {
        var draining = Controlled(New(1), CampaignControlKind.Cancel);
        var cut = Apply(draining, new CampaignEvent.CancelRequested(0));
        Assert.False(cut.Closing);
        Assert.Same(cut, Apply(cut, new CampaignEvent.CancelRequested(0)));
    }

    [Fact]
    public void Everything_that_failed_or_was_cancelled_is_tried_again_also_of_a_campaign_that_is_over()
    {
        var over = Apply(New(1, 2, 3), Ended(1), Ended(2, DeviceOutcome.Failed), Ended(3, DeviceOutcome.Cancelled));
        var again = Controlled(over, CampaignControlKind.Retry);
        Assert.Equal((CampaignStage.Running, CampaignOutcome.Running, null), (again.Stage, again.Outcome, again.EndedAt));
        Assert.Equal([Device(2), Device(3)], again.Retrying.Keys.Order());
        Assert.Equal("2 devices to be tried again already", AlreadySo(again, CampaignControlKind.Retry));
        var good = Apply(again, Ended(2), Ended(3));
        Assert.Equal(CampaignOutcome.Succeeded, good.Outcome);
        Assert.Equal("nothing failed or was cancelled: 3 updated, 0 failed, 0 cancelled", Refused(good, CampaignControlKind.Retry));
    }

    [Fact]
    public void Only_the_devices_that_were_named_are_tried_again_and_a_stranger_is_named()
    {
        var state = Apply(New(1, 2, 3), Ended(1, DeviceOutcome.Failed), Ended(2, DeviceOutcome.Failed));
        var again = Controlled(state, CampaignControlKind.Retry, devices: 2);
        Assert.Equal([Device(2)], again.Retrying.Keys);
        Assert.True(again.Results.ContainsKey(Device(1)));
        Assert.Equal($"{Device(9)} is not in the campaign", Refused(state, CampaignControlKind.Retry, devices: [1, 9]));
        Assert.Equal("none of these failed or was cancelled", Refused(state, CampaignControlKind.Retry, devices: 3));
    }

    [Fact]
    public void What_was_updated_begins_anew_and_an_outcome_from_before_does_not_count()
    {
        var over = Apply(New(1, 2), Ended(1), Ended(2));
        Assert.Equal("name the devices that are to begin anew", Refused(over, CampaignControlKind.Restart));
        var anew = Controlled(over, CampaignControlKind.Restart, devices: 1);
        Assert.Equal((CampaignStage.Running, Device(1)), (anew.Stage, Assert.Single(anew.Restarting)));
        AlreadySo(anew, CampaignControlKind.Restart, devices: 1);
        Assert.Same(anew, CampaignMachine.Apply(anew, new CampaignEvent.DeviceEnded(Device(1), DeviceOutcome.Updated, DfuError.None, 0), Policy).Next);
        var again = Apply(anew, Ended(1));
        Assert.Equal((CampaignOutcome.Succeeded, 0), (again.Outcome, again.Restarting.Count));
        Assert.Contains("wait or are at work", Refused(New(1), CampaignControlKind.Restart, devices: 1), StringComparison.Ordinal);
    }

    [Fact]
    public void That_a_device_was_updated_before_it_began_anew_does_not_count_when_it_is_retried_either()
    {
        var updated = new CampaignEvent.DeviceEnded(Device(1), DeviceOutcome.Updated, DfuError.None, 0);
        var anew = Controlled(Apply(New(1, 2), updated), CampaignControlKind.Restart, devices: 1);
        var retried = Controlled(Apply(anew, Ended(1, DeviceOutcome.Failed)), CampaignControlKind.Retry);
        Assert.Same(retried, CampaignMachine.Apply(retried, updated, Policy).Next);
        Assert.Empty(Apply(retried, Ended(1)).Restarting);
    }

    [Fact]
    public void Every_change_is_for_the_audit_once_until_it_has_it()
    {
        var state = CampaignMachine.Begin(New(1, 2), "olaf", T0);
        state = Controlled(state, CampaignControlKind.Pause);
        AlreadySo(state, CampaignControlKind.Pause);
        state = Apply(Controlled(state, CampaignControlKind.Resume), Ended(1), Ended(2));
        Assert.Equal(
            [("c/1", "olaf", "campaignCreated"), ("c/2", "olaf", "campaignPaused"), ("c/3", "olaf", "campaignResumed"), ("c/4", "dfu", "campaignEnded")],
            state.News.Select(static entry => (entry.Id, entry.By, entry.Action)));
        Assert.Equal("succeeded: 2 updated, 0 failed, 0 cancelled", state.News[3].Detail);
        var told = Apply(state, new CampaignEvent.AuditTaken(3));
        Assert.Equal(["c/4"], told.News.Select(static entry => entry.Id));
        Assert.Same(told, CampaignMachine.Apply(told, new CampaignEvent.AuditTaken(2), Policy).Next);
        Assert.Empty(Apply(told, new CampaignEvent.AuditTaken(4)).News);
    }

    [Fact]
    public void Nobody_is_missed_while_a_campaign_that_collects_is_held()
    {
        var state = New() with { All = true, Count = 2 };
        state = Controlled(Apply(state, new CampaignEvent.Listening(0, T0), Heard(1)), CampaignControlKind.Pause, at: 10);
        state = Apply(state, new CampaignEvent.Tick(At(9_000)), Heard(2, 9_000));
        Assert.Equal((CampaignStage.Collecting, 2), (state.Stage, state.Devices.Length));
        var resumed = Controlled(state with { Devices = [Device(1)] }, CampaignControlKind.Resume, at: 9_100);
        Assert.Equal(CampaignStage.Collecting, Apply(resumed, new CampaignEvent.Tick(At(9_100 + 119))).Stage);
        Assert.Equal(CampaignStage.Running, Apply(resumed, new CampaignEvent.Tick(At(9_100 + 121))).Stage);
        Assert.InRange(Apply(resumed, new CampaignEvent.Tick(At(9_105))).Seconds, 4.9, 15);
    }

    private static string AlreadySo(CampaignState state, CampaignControlKind kind, bool cut = false, params int[] devices)
    {
        var verdict = CampaignControls.Judge(state, Control(kind, cut, devices), T0);
        Assert.Equal((false, false), (verdict.Refused, verdict.Changes));
        Assert.Same(state, CampaignMachine.Apply(state, Event(state, Control(kind, cut, devices)), Policy).Next);
        return verdict.Detail;
    }

    private static string Refused(CampaignState state, CampaignControlKind kind, params int[] devices)
    {
        var verdict = CampaignControls.Judge(state, Control(kind, false, devices), T0);
        Assert.Equal((true, false), (verdict.Refused, verdict.Changes));
        Assert.Same(state, CampaignMachine.Apply(state, Event(state, Control(kind, false, devices)), Policy).Next);
        return verdict.Detail;
    }
}
