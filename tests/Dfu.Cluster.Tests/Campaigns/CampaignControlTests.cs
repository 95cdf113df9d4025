using Dfu.Adapters;
using Dfu.Cluster.Tests.Support;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Plans;
using Dfu.Protocol.Errors;

namespace Dfu.Cluster.Tests.Campaigns;

/// <summary>What follows from controls and plans: who is told what, and what is stored before.</summary>
public sealed class CampaignControlTests
{
    private static CampaignControl Control(CampaignControlKind kind, params int[] devices) =>
        new(kind, "olaf") { Devices = [.. devices.Select(Parts.Address)] };

    private static async Task<ControlAnswer> ControlAsync(CampaignCluster cluster, string campaign, CampaignControl control)
    {
        var answer = await cluster.Campaign(campaign).ControlAsync(control).Soon();
        Assert.True(answer.Error == DfuError.None, answer.Detail);
        return answer;
    }

    [Fact]
    public async Task A_pause_is_answered_when_it_is_durable_and_the_scheduler_is_told_at_once()
    {
        await using var cluster = await CampaignCluster.StartAsync();
        var campaign = await cluster.BeginAsync();
        await cluster.SettleAsync();
        var disk = new TaskCompletionSource();
        cluster.Storage.Gate = disk.Task;
        var pause = cluster.Campaign(campaign).ControlAsync(Control(CampaignControlKind.Pause));
        var again = cluster.Campaign(campaign).ControlAsync(Control(CampaignControlKind.Pause));
        await cluster.SettleAsync();
        Assert.False(pause.IsCompleted || again.IsCompleted || cluster.Parts.Watches.Last().Held);
        disk.SetResult();
        ControlAnswer[] answers = [await pause.Soon(), await again.Soon()];
        Assert.Equal(
            ["it is paused already", "paused: no further device begins; what is under way is finished"],
            answers.Select(static answer => answer.Detail).Order(StringComparer.Ordinal));
        Assert.All(answers, static answer => Assert.Equal(DfuError.None, answer.Error));
        await cluster.SettleAsync();
        Assert.True(cluster.Parts.Watches.Last().Held);
        Assert.Equal(HoldReason.Paused, Assert.Single((await cluster.Campaign(campaign).StandingAsync()).Holds).Reason);
        Assert.Equal(HoldReason.Paused, Assert.Single((await cluster.FreshAsync(campaign)).Standing!.Holds).Reason);

        await ControlAsync(cluster, campaign, Control(CampaignControlKind.Resume));
        await cluster.SettleAsync();
        Assert.False(cluster.Parts.Watches.Last().Held);
        var nothing = await cluster.Campaign(campaign).ControlAsync(Control(CampaignControlKind.Approve)).Soon();
        Assert.Equal((DfuError.InvalidArgument, "it has no groups that wait for an approval"), (nothing.Error, nothing.Detail));
        await Assert.ThrowsAsync<KeyNotFoundException>(() => cluster.Campaign("none").ControlAsync(Control(CampaignControlKind.Pause)).Soon());
    }

    [Fact]
    public async Task A_pause_that_cuts_breaks_off_every_attempt_also_one_that_begins_in_that_moment_until_none_runs()
    {
        await using var cluster = await CampaignCluster.StartAsync();
        var campaign = await cluster.BeginAsync();
        await cluster.UntilAsync(() => cluster.Parts.Device(3).Joins > 0, "devices join");
        await ChangedAsync(1, DevicePhase.Sending, attempt: 4);
        await ControlAsync(cluster, campaign, Control(CampaignControlKind.Pause) with { Cut = true });
        await cluster.SettleAsync();
        Assert.Equal([4], cluster.Parts.Device(1).Pauses.Distinct());
        Assert.Empty(cluster.Parts.Device(2).Pauses);
        await ChangedAsync(2, DevicePhase.Connecting, attempt: 1);
        await cluster.SettleAsync();
        Assert.Equal([1], cluster.Parts.Device(2).Pauses.Distinct());
        var said = cluster.Parts.Device(1).Pauses.Count;
        await cluster.PassAsync(2);
        Assert.True(cluster.Parts.Device(1).Pauses.Count > said);

        await ChangedAsync(1, DevicePhase.Queued, attempt: 4);
        await ChangedAsync(2, DevicePhase.Queued, attempt: 1);
        said = cluster.Parts.Device(1).Pauses.Count;
        await cluster.PassAsync(2);
        Assert.Equal(said, cluster.Parts.Device(1).Pauses.Count);

        Task ChangedAsync(int n, DevicePhase phase, int attempt) =>
            cluster.Campaign(campaign).DeviceChangedAsync(cluster.State(n, state => state with { Phase = phase, Attempt = attempt })).Soon();
    }

    [Fact]
    public async Task A_cancellation_lets_what_is_under_way_end_or_cuts_it()
    {
        await using var cluster = await CampaignCluster.StartAsync();
        var campaign = await cluster.BeginAsync(CampaignCluster.Order(1));
        await cluster.UntilAsync(() => cluster.Parts.Device(1).Joins > 0, "the device joins");
        await ControlAsync(cluster, campaign, Control(CampaignControlKind.Cancel));
        await cluster.SettleAsync();
        Assert.Equal((1, 1), (cluster.Parts.Device(1).Cancels, cluster.Parts.Device(1).Drains));
        await ControlAsync(cluster, campaign, Control(CampaignControlKind.Cancel) with { Cut = true });
        await cluster.SettleAsync();
        Assert.Equal((2, 1), (cluster.Parts.Device(1).Cancels, cluster.Parts.Device(1).Drains));
    }

    [Fact]
    public async Task A_campaign_that_was_over_goes_on_for_what_is_retried_and_is_not_over_in_the_directory_before_that_is_answered()
    {
        await using var cluster = await CampaignCluster.StartAsync();
        var campaign = await cluster.BeginAsync(CampaignCluster.Order(2));
        await cluster.UntilAsync(() => cluster.Parts.Device(2).Joins > 0, "devices join");
        var failed = cluster.Campaign(campaign).DeviceEndedAsync(cluster.State(2, static state => state with
        {
            Phase = DevicePhase.Done,
            Outcome = DeviceOutcome.Failed,
            Error = DfuError.LinkLost,
            Bootloader = Parts.Address(2).Bootloader,
        }));
        await cluster.UntilAsync(() => failed.IsCompleted, "its outcome is durable");
        await cluster.EndAllAsync(campaign, 1);
        await cluster.UntilAsync(() => cluster.Fleet.ListAsync().Result[0].Finished, "the directory knows");
        Assert.NotNull((await cluster.Campaign(campaign).StandingAsync()).EndedAt);
        await cluster.DeactivateAsync(cluster.Campaign(campaign));

        // By its bootloader's address, which only the campaign's summary knows.
        await ControlAsync(cluster, campaign, new(CampaignControlKind.Retry, "olaf") { Devices = [Parts.Address(2).Bootloader] });
        Assert.False((await cluster.Fleet.ListAsync())[0].Finished);
        await cluster.UntilAsync(() => cluster.Parts.Device(2).Retries > 0, "it is tried again");
        Assert.False(cluster.Parts.Device(2).Anew);
        await cluster.EndAllAsync(campaign, 2);
        await cluster.UntilAsync(() => cluster.Fleet.ListAsync().Result[0].Finished, "the directory knows");

        await ControlAsync(cluster, campaign, Control(CampaignControlKind.Restart, 1));
        await cluster.UntilAsync(() => cluster.Parts.Device(1).Anew, "it begins anew");
        var other = await cluster.BeginAsync(CampaignCluster.Order(targets: CampaignCluster.Named(1, from: 7)));
        Assert.NotEqual(campaign, other);
    }

    [Fact]
    public async Task A_campaign_goes_on_by_itself_only_where_no_other_has_its_devices()
    {
        await using var cluster = await CampaignCluster.StartAsync();
        var campaign = await cluster.BeginAsync(CampaignCluster.Order(1));
        await cluster.EndAllAsync(campaign, 1, DeviceOutcome.Failed, DfuError.LinkLost);
        await cluster.UntilAsync(() => cluster.Fleet.ListAsync().Result[0].Finished, "the directory knows");
        var other = await cluster.BeginAsync(CampaignCluster.Order(2, package: '1'));
        var refused = await cluster.Campaign(campaign).ControlAsync(Control(CampaignControlKind.Retry)).Soon();
        Assert.Equal($"campaign {other} may have the same devices and is not finished", refused.Detail);
        Assert.Equal(CampaignOutcome.Failed, (await cluster.Campaign(campaign).StandingAsync()).Outcome);
    }

    [Fact]
    public async Task Devices_of_groups_that_are_not_open_are_left_alone_and_join_when_theirs_is()
    {
        await using var cluster = await CampaignCluster.StartAsync();
        var plan = new CampaignPlan { Name = "night", Priority = 7, Groups = [new() { Name = "canary", Count = 1, Approval = true }, new() { Name = "rest" }] };
        var campaign = await cluster.BeginAsync(CampaignCluster.Order() with { Plan = plan });
        await cluster.PassAsync(5);
        Assert.Equal((true, 0), (cluster.Parts.Device(1).Joins > 0, cluster.Parts.Device(2).Joins));
        Assert.Equal((7, "night"), (cluster.Parts.Watches.Last().Priority, (await cluster.Fleet.ListAsync())[0].Name));
        await cluster.EndAllAsync(campaign, 1);
        await cluster.PassAsync(5);
        Assert.Equal(0, cluster.Parts.Device(2).Joins);
        Assert.Equal(HoldReason.Approval, (await cluster.Campaign(campaign).StandingAsync()).Holds[0].Reason);
        await ControlAsync(cluster, campaign, Control(CampaignControlKind.Approve));
        await cluster.UntilAsync(() => cluster.Parts.Device(3).Joins > 0, "the next group joins");

        // Another name is another campaign, and in the way as long as this one is not over.
        var ticket = await cluster.Fleet.StartAsync(CampaignCluster.Order() with { Plan = plan with { Name = "day" } }).Soon();
        Assert.Equal((DfuError.CampaignConflict, $"campaign {campaign} (night) for package 0123456789ab is not finished"), (ticket.Refusal, ticket.Detail));
    }

    [Fact]
    public async Task A_unit_that_was_taken_away_from_a_feed_is_watched_for_and_taken_again()
    {
        await using var cluster = await CampaignCluster.StartAsync();
        var targets = new TargetSelection { NameGlob = "Unit*", Feed = true };
        var campaign = await cluster.BeginAsync(CampaignCluster.Order(targets: targets));
        await cluster.Campaign(campaign).FoundAsync([Parts.Address(1), Parts.Address(2)]).Soon();
        await cluster.UntilAsync(() => cluster.Parts.Device(2).Joins > 0, "both join");
        await cluster.EndAllAsync(campaign, 1);
        var gone = cluster.EndAsync(campaign, 2, DeviceOutcome.Failed, DfuError.NotHeard);
        await cluster.UntilAsync(() => gone.IsCompleted, "it is given up");
        await cluster.PassAsync(3);
        Assert.Equal(Parts.Address(2), Assert.Single(cluster.Parts.Watches.Last().Missing));
        await cluster.Campaign(campaign).FoundAsync([Parts.Address(1), Parts.Address(2)]).Soon();
        await cluster.UntilAsync(() => cluster.Parts.Device(2).Retries > 0, "it is taken again");
        Assert.Equal(0, cluster.Parts.Device(1).Retries);
        await cluster.EndAllAsync(campaign, 2);

        var writes = cluster.Storage.Writes("campaign");
        await cluster.PassAsync(20);
        Assert.InRange(cluster.Storage.Writes("campaign") - writes, 0, 1);
        Assert.Equal(campaign, await cluster.BeginAsync(CampaignCluster.Order(targets: targets)));
    }

    [Fact]
    public async Task A_target_that_is_another_ones_other_address_is_let_go_by_a_campaign_that_has_just_been_activated_too()
    {
        await using var cluster = await CampaignCluster.StartAsync();
        var (application, bootloader) = (Parts.Address(1), Parts.Address(1).Bootloader);
        var campaign = await cluster.BeginAsync(CampaignCluster.Order(targets: new() { Addresses = [application, bootloader] }));
        await cluster.UntilAsync(() => cluster.Parts.Device(1).Joins > 0, "the device joins");
        cluster.State(1, state => state with
        {
            Bootloader = bootloader,
            Settled = true,
            Heard = new(application, AddressType.Random, -60, "Sensor", true, true),
        });
        var updated = cluster.EndAsync(campaign, 1);
        await cluster.UntilAsync(() => updated.IsCompleted, "it is updated");
        await cluster.DeactivateAsync(cluster.Campaign(campaign));
        var silent = cluster.Campaign(campaign).DeviceEndedAsync(DeviceState.New(bootloader, [40_960], default) with
        {
            Phase = DevicePhase.Done,
            Outcome = DeviceOutcome.Failed,
            Error = DfuError.NotHeard,
        });
        await cluster.UntilAsync(() => silent.IsCompleted, "it is known whose address that is");
        var standing = await cluster.Campaign(campaign).StandingAsync();
        Assert.Equal((CampaignOutcome.Succeeded, 1, 1), (standing.Outcome, standing.Devices, standing.Updated));
    }

    [Fact]
    public async Task Labels_are_written_once_and_shown_with_their_devices_also_when_it_is_over()
    {
        await using var cluster = await CampaignCluster.StartAsync();
        var label = new TargetLabel(Parts.Address(2)) { Serial = "SN-2", Order = "4711" };
        var campaign = await cluster.BeginAsync(CampaignCluster.Order(targets: CampaignCluster.Named(2) with { Labels = [label] }));
        Assert.Equal([null, label], (await cluster.FreshAsync(campaign)).Devices.Select(static device => device.Label));
        await cluster.EndAllAsync(campaign, 2);
        await cluster.DeactivateAsync(cluster.Campaign(campaign));
        Assert.Equal([null, label], (await cluster.ViewAsync(campaign)).Devices.Select(static device => device.Label));
        Assert.Equal(1, cluster.Storage.Writes("campaign-labels"));
        Assert.DoesNotContain("SN-2", cluster.Storage.Json("campaign"), StringComparison.Ordinal);
        await cluster.Campaign(campaign).ForgetAsync().Soon();
        Assert.False(cluster.Storage.Has("campaign-labels"));
    }

    [Fact]
    public async Task The_audit_is_told_every_change_until_it_has_it_also_by_a_host_that_starts_when_all_is_over()
    {
        await using var cluster = await CampaignCluster.StartAsync();
        cluster.Parts.AuditAway = true;
        var campaign = await cluster.BeginAsync(CampaignCluster.Order(1) with { By = "olaf" });
        await ControlAsync(cluster, campaign, Control(CampaignControlKind.Pause));
        await cluster.EndAllAsync(campaign, 1);
        await cluster.PassAsync(5);
        Assert.Empty(cluster.Parts.Audit);
        Assert.True((await cluster.Fleet.ListAsync())[0].Finished);
        await cluster.DeactivateAsync(cluster.Campaign(campaign));
        await cluster.DeactivateAsync(cluster.Fleet);
        cluster.Parts.AuditAway = false;
        await cluster.Fleet.WakeAsync().Soon();
        await cluster.UntilAsync(() => !cluster.Parts.Audit.IsEmpty, "the audit is told");
        Assert.Equal(
            [($"{campaign}/1", "campaignCreated"), ($"{campaign}/2", "campaignPaused"), ($"{campaign}/3", "campaignEnded")],
            cluster.Parts.Audit.Select(static entry => (entry.Id, entry.Action)).Distinct());
        await cluster.PassAsync(5);
        var told = cluster.Parts.Audit.Count;
        await cluster.DeactivateAsync(cluster.Campaign(campaign));
        await cluster.Fleet.WakeAsync().Soon();
        await cluster.PassAsync(5);
        Assert.Equal(told, cluster.Parts.Audit.Count);
    }
}
