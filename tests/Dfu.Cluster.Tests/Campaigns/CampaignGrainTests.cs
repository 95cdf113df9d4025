using Dfu.Cluster.Tests.Support;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Errors;
using Microsoft.Extensions.DependencyInjection;

namespace Dfu.Cluster.Tests.Campaigns;

public sealed class CampaignGrainTests
{
    private static Task<CampaignCluster> Cluster() => CampaignCluster.StartAsync();

    [Fact]
    public async Task A_campaign_is_over_when_its_last_device_has_an_outcome_and_the_directory_knows()
    {
        await using var cluster = await Cluster();
        var campaign = await cluster.BeginAsync();
        await cluster.UntilAsync(() => cluster.Parts.Device(3).Joins > 0, "devices join");
        var view = await cluster.ViewAsync(campaign);
        Assert.Equal((CampaignOutcome.Running, false), (view.Outcome, view.GoesOn));
        Assert.Equal([Parts.Address(1), Parts.Address(2), Parts.Address(3)], view.Devices.Select(static device => device.Application));
        Assert.All(view.Devices, static device =>
            Assert.Equal((DevicePhase.Queued, DeviceOutcome.Pending, 40_960), (device.Phase, device.Outcome, device.BytesTotal)));

        await cluster.EndAllAsync(campaign, 3);
        view = await cluster.FreshAsync(campaign);
        Assert.Equal(CampaignOutcome.Succeeded, view.Outcome);
        Assert.All(view.Devices, static device => Assert.Equal(
            (DeviceOutcome.Updated, 40_960, 41_000, 40, 9), (device.Outcome, device.BytesConfirmed, device.BytesSent, device.BytesResent, device.Seconds)));
        Assert.True(Assert.Single(await cluster.Fleet.ListAsync()).Finished);
        Assert.True(cluster.Parts.Watches.Last().Over);
    }

    [Fact]
    public async Task An_outcome_is_durable_before_it_is_acknowledged()
    {
        await using var cluster = await Cluster();
        var campaign = await cluster.BeginAsync(CampaignCluster.Order(1));
        var disk = new TaskCompletionSource();
        cluster.Storage.Gate = disk.Task;
        var end = cluster.EndAsync(campaign, 1);
        await cluster.PassAsync(2);
        Assert.False(end.IsCompleted);
        Assert.Equal(CampaignOutcome.Running, (await cluster.FreshAsync(campaign)).Outcome);
        disk.SetResult();
        await end.Soon();
        Assert.Equal(DeviceOutcome.Updated, FleetJson.Read<CampaignState>(cluster.Storage.Json("campaign")).Results[Parts.Address(1)].Outcome);
    }

    [Fact]
    public async Task Two_thousand_outcomes_in_a_moment_cost_a_few_writes()
    {
        await using var cluster = await Cluster();
        const int Devices = 2000;
        var campaign = await cluster.BeginAsync(CampaignCluster.Order(Devices));
        await cluster.UntilAsync(() => cluster.Parts.Device(Devices).Joins > 0, "devices join");
        var before = cluster.Storage.Writes("campaign");
        await cluster.EndAllAsync(campaign, Devices);
        Assert.InRange(cluster.Storage.Writes("campaign") - before, 1, 5);
        var view = await cluster.FreshAsync(campaign);
        Assert.Equal((CampaignOutcome.Succeeded, Devices), (view.Outcome, view.Devices.Length));
    }

    [Fact]
    public async Task Time_that_passes_is_counted_and_costs_a_write_now_and_then()
    {
        await using var cluster = await Cluster();
        var campaign = await cluster.BeginAsync(CampaignCluster.Order(256));
        var before = cluster.Storage.Writes("campaign");
        await cluster.PassAsync(20);
        Assert.InRange(cluster.Storage.Writes("campaign") - before, 5, 11);
        await cluster.DeactivateAsync(cluster.Campaign(campaign));
        Assert.InRange((await cluster.ViewAsync(campaign)).Seconds, 19.5, 20.5);
    }

    [Fact]
    public async Task A_save_that_fails_ends_the_activation_and_the_next_one_takes_the_outcome_again()
    {
        await using var cluster = await Cluster();
        var campaign = await cluster.BeginAsync(CampaignCluster.Order(2));
        cluster.Storage.Full = true;
        var end = cluster.EndAsync(campaign, 1);
        await cluster.UntilAsync(() => end.IsCompleted, "the save fails");
        await Assert.ThrowsAnyAsync<Exception>(() => end);
        cluster.Storage.Full = false;
        Assert.Equal(CampaignOutcome.Running, (await cluster.FreshAsync(campaign)).Outcome);
        Assert.Empty(FleetJson.Read<CampaignState>(cluster.Storage.Json("campaign")).Results);
        await cluster.EndAllAsync(campaign, 2);
        Assert.Equal(CampaignOutcome.Succeeded, (await cluster.FreshAsync(campaign)).Outcome);
    }

    [Fact]
    public async Task A_campaign_activated_anew_shows_the_same_and_goes_on_by_itself()
    {
        await using var cluster = await Cluster();
        var campaign = await cluster.BeginAsync(CampaignCluster.Order(40));
        await cluster.UntilAsync(() => cluster.Parts.Device(40).Joins > 0, "devices join");
        await cluster.Campaign(campaign).DeviceChangedAsync(
            cluster.State(2, static state => state with { Phase = DevicePhase.Sending, Attempt = 3, Adapter = "one/sim:a", Detail = "link lost" }));
        var end = cluster.EndAsync(campaign, 1, DeviceOutcome.Failed, DfuError.SignatureRefused);
        await cluster.UntilAsync(() => end.IsCompleted, "the outcome is durable");
        var before = await cluster.FreshAsync(campaign);

        await cluster.DeactivateAsync(cluster.Campaign(campaign));
        var after = await cluster.ViewAsync(campaign);
        Assert.Equal(before.Devices.ToArray(), after.Devices.ToArray(), static (a, b) => a with { Resumes = [] } == b with { Resumes = [] });
        Assert.Equal((before.Id, before.PackageId, before.Outcome, before.Seconds), (after.Id, after.PackageId, after.Outcome, after.Seconds));
        Assert.Equal((DevicePhase.Sending, 3, "link lost"), (after.Devices[1].Phase, after.Devices[1].Attempts, after.Devices[1].Detail));
        Assert.Equal(DfuError.SignatureRefused, after.Devices[0].Error);
        Assert.Equal(1, cluster.Parts.Device(7).Gets);

        var joins = cluster.Parts.Device(2).Joins;
        await cluster.UntilAsync(() => cluster.Parts.Device(2).Joins > joins, "its devices hear from it");
        Assert.Contains(cluster.Parts.Watches, static watch => watch.Devices.Length == 40);
    }

    [Fact]
    public async Task A_device_that_is_silent_is_called_and_one_that_speaks_is_not()
    {
        await using var cluster = await Cluster();
        var campaign = await cluster.BeginAsync(CampaignCluster.Order(2));
        await cluster.UntilAsync(() => cluster.Parts.Device(2).Joins > 0, "devices join");
        for (var second = 0; second < 13; second++)
        {
            await cluster.Campaign(campaign).DeviceChangedAsync(cluster.State(1));
            await cluster.PassAsync(1);
        }

        Assert.Equal(1, cluster.Parts.Device(1).Joins);
        Assert.InRange(cluster.Parts.Device(2).Joins, 3, 5);
    }

    [Fact]
    public async Task A_device_that_cannot_be_reached_or_is_busy_is_asked_until_it_joins()
    {
        await using var cluster = await Cluster();
        cluster.Parts.Device(1).Unreachable = true;
        cluster.Parts.Device(2).Busy = true;
        await cluster.BeginAsync(CampaignCluster.Order(2));
        await cluster.UntilAsync(() => cluster.Parts.Device(1).Joins > 2 && cluster.Parts.Device(2).Joins > 2, "they are asked again");
        Assert.Null(cluster.Parts.Device(1).Campaign);
        cluster.Parts.Device(1).Unreachable = cluster.Parts.Device(2).Busy = false;
        await cluster.UntilAsync(() => cluster.Parts.Device(1).Campaign is not null && cluster.Parts.Device(2).Campaign is not null, "they join");
    }

    [Fact]
    public async Task The_scheduler_is_told_at_once_and_every_two_seconds_whose_advertisements_matter()
    {
        await using var cluster = await Cluster();
        var campaign = await cluster.BeginAsync(CampaignCluster.Order(2));
        await cluster.SettleAsync();
        var first = Assert.Single(cluster.Parts.Watches);
        Assert.Equal((campaign, false, false, false), (first.Campaign, first.Collecting, first.NamedByApplication, first.Over));
        Assert.Equal([Parts.Address(1), Parts.Address(2)], first.Devices.Select(static device => device.Device));
        await cluster.Campaign(campaign).DeviceChangedAsync(cluster.State(2, static state => state with { Application = new(7), Bootloader = new(8) }));
        await cluster.PassAsync(8.5);
        Assert.InRange(cluster.Parts.Watches.Count, 4, 6);
        Assert.Equal(new WatchedDevice { Device = Parts.Address(2), Application = new(7), Bootloader = new(8) }, cluster.Parts.Watches.Last().Devices[1]);
    }

    [Fact]
    public async Task Cancelling_reaches_every_device_and_one_that_is_busy_elsewhere_counts_as_cancelled()
    {
        await using var cluster = await Cluster();
        cluster.Parts.Device(3).Busy = true;
        var campaign = await cluster.BeginAsync();
        await cluster.UntilAsync(() => cluster.Parts.Device(2).Joins > 0, "devices join");
        await cluster.EndAllAsync(campaign, 1);
        cluster.Parts.Device(2).Unreachable = true;
        await cluster.Campaign(campaign).CancelAsync();
        await cluster.PassAsync(3);
        cluster.Parts.Device(2).Unreachable = false;
        await cluster.UntilAsync(() => cluster.Parts.Device(2).Cancels > 0, "the device hears of it");
        Assert.Equal(0, cluster.Parts.Device(1).Cancels);
        var end = cluster.EndAsync(campaign, 2, DeviceOutcome.Cancelled, DfuError.Cancelled);
        await cluster.UntilAsync(() => end.IsCompleted, "it is over");
        var view = await cluster.FreshAsync(campaign);
        Assert.Equal(CampaignOutcome.Failed, view.Outcome);
        Assert.Equal([DeviceOutcome.Updated, DeviceOutcome.Cancelled, DeviceOutcome.Cancelled], view.Devices.Select(static device => device.Outcome));
    }

    [Fact]
    public async Task A_device_is_cancelled_at_once_although_a_call_to_it_was_under_way()
    {
        await using var cluster = await Cluster();
        var join = new TaskCompletionSource();
        cluster.Parts.Device(1).Gate = join.Task;
        var campaign = await cluster.BeginAsync(CampaignCluster.Order(1));
        await cluster.Campaign(campaign).CancelAsync();
        join.SetResult();
        await cluster.PassAsync(0.5);
        Assert.Equal(1, cluster.Parts.Device(1).Cancels);
    }

    [Fact]
    public async Task The_same_request_tries_failed_devices_again_and_leaves_the_others_alone()
    {
        await using var cluster = await Cluster();
        var campaign = await cluster.BeginAsync(CampaignCluster.Order(2));
        await cluster.UntilAsync(() => cluster.Parts.Device(2).Joins > 0, "devices join");
        var updated = cluster.EndAsync(campaign, 1);
        var failed = cluster.EndAsync(campaign, 2, DeviceOutcome.Failed, DfuError.NotHeard);
        await cluster.UntilAsync(() => updated.IsCompleted && failed.IsCompleted, "it is over");
        Assert.Equal(CampaignOutcome.Failed, (await cluster.FreshAsync(campaign)).Outcome);
        var late = cluster.Parts.Device(2).State!;

        // The device cannot be reached at first, and the campaign does not live to see that it can.
        cluster.Parts.Device(2).Unreachable = true;
        var ticket = await cluster.Fleet.StartAsync(CampaignCluster.Order(2)).Soon();
        Assert.Equal((campaign, true), (ticket.Campaign, ticket.GoesOn));
        var view = await cluster.ViewAsync(campaign);
        Assert.Equal((CampaignOutcome.Running, true), (view.Outcome, view.GoesOn));
        Assert.Equal([DeviceOutcome.Updated, DeviceOutcome.Pending], view.Devices.Select(static device => device.Outcome));
        Assert.Equal(DevicePhase.Queued, view.Devices[1].Phase);
        await cluster.Campaign(campaign).DeviceEndedAsync(late).Soon();
        await cluster.DeactivateAsync(cluster.Campaign(campaign));
        await cluster.Campaign(campaign).DeviceEndedAsync(late).Soon();
        Assert.Equal(CampaignOutcome.Running, (await cluster.FreshAsync(campaign)).Outcome);

        cluster.Parts.Device(2).Unreachable = false;
        await cluster.UntilAsync(() => cluster.Parts.Device(2).Retries > 0, "it is tried again");
        Assert.Equal((1, 0), (cluster.Parts.Device(2).Retries, cluster.Parts.Device(1).Retries));

        // What it said when it woke up may come after the campaign has told it.
        await cluster.Campaign(campaign).DeviceEndedAsync(late).Soon();
        Assert.Equal(DeviceOutcome.Pending, (await cluster.FreshAsync(campaign)).Devices[1].Outcome);
        var end = cluster.EndAsync(campaign, 2);
        await cluster.UntilAsync(() => end.IsCompleted, "it is over");
        Assert.Equal(CampaignOutcome.Succeeded, (await cluster.FreshAsync(campaign)).Outcome);
        Assert.True(Assert.Single(await cluster.Fleet.ListAsync()).Finished);
    }

    [Fact]
    public async Task A_view_costs_one_call_however_many_read_it()
    {
        await using var cluster = await Cluster();
        var campaign = await cluster.BeginAsync(CampaignCluster.Order(50));
        await cluster.UntilAsync(() => cluster.Parts.Device(50).Joins > 0, "devices join");
        cluster.Time.Advance(TimeSpan.FromSeconds(0.25));
        var before = (cluster.Parts.LiveCalls, Gets: Gets());
        for (var n = 0; n < 20; n++) await cluster.ViewAsync(campaign);
        Assert.Equal((before.LiveCalls + 1, before.Gets), (cluster.Parts.LiveCalls, Gets()));

        int Gets() => Enumerable.Range(1, 50).Sum(n => cluster.Parts.Device(n).Gets);
    }

    [Fact]
    public async Task A_view_shows_what_adapters_see_of_attempts_under_way_this_moment()
    {
        await using var cluster = await Cluster();
        var campaign = await cluster.BeginAsync();
        await cluster.UntilAsync(() => cluster.Parts.Device(3).Joins > 0, "devices join");
        await cluster.Campaign(campaign).DeviceChangedAsync(
            cluster.State(1, static state => state with { Phase = DevicePhase.Connecting, Attempt = 2, Adapter = "one/sim:a" }));
        await cluster.Campaign(campaign).DeviceChangedAsync(cluster.State(2, static state => state with { Phase = DevicePhase.Queued, Attempt = 2 }));
        LiveTransfer Seen(int n, int attempt) => new()
        {
            Campaign = campaign, Device = Parts.Address(n), Attempt = attempt, Phase = DevicePhase.Sending, Confirmed = 8192, Traffic = new(9000, 8500),
                Rate = 4000,
        };
        cluster.Parts.Live = new()
        {
            Adapters = [new() { Id = "one/sim:a", Status = AdapterStatus.Ready, Active = 1, Limit = 3, Rate = 4000 }],
            Transfers = [Seen(1, 2), Seen(2, 2), Seen(3, 1)],
            Rssi = cluster.Parts.Live.Rssi.Add(Parts.Address(2), -71),
        };
        var view = await cluster.FreshAsync(campaign);
        Assert.Equal((DevicePhase.Sending, 8192, 9000, 500, 4000d, 2), (view.Devices[0].Phase, view.Devices[0].BytesConfirmed, view.Devices[0].BytesSent,
            view.Devices[0].BytesResent, view.Devices[0].Rate, view.Devices[0].Attempts));
        Assert.Equal((DevicePhase.Queued, 0d, -71), (view.Devices[1].Phase, view.Devices[1].Rate, view.Devices[1].Rssi)); // an attempt that ended
        Assert.Equal((DevicePhase.Sending, 1), (view.Devices[2].Phase, view.Devices[2].Attempts)); // its own word is under way
        Assert.Equal(4000, Assert.Single(view.Adapters).Rate);
    }

    [Fact]
    public async Task A_finished_campaign_shows_its_devices_as_they_were_without_asking_them()
    {
        await using var cluster = await Cluster();
        var campaign = await cluster.BeginAsync();
        await cluster.UntilAsync(() => cluster.Parts.Device(3).Joins > 0, "devices join");
        await cluster.EndAllAsync(campaign, 3);
        var before = await cluster.FreshAsync(campaign);
        cluster.State(2, static state => state with { Phase = DevicePhase.Sending, Outcome = DeviceOutcome.Pending, Attempt = 9 }); // in another campaign
        var gets = cluster.Parts.Device(2).Gets;
        await cluster.DeactivateAsync(cluster.Campaign(campaign));
        var after = await cluster.FreshAsync(campaign);
        Assert.Equal(before.Devices.ToArray(), after.Devices.ToArray(), static (a, b) => a with { Resumes = [] } == b with { Resumes = [] });
        Assert.Equal((CampaignOutcome.Succeeded, gets), (after.Outcome, cluster.Parts.Device(2).Gets));
    }

    [Fact]
    public async Task A_campaign_nobody_began_is_none()
    {
        await using var cluster = await Cluster();
        await Assert.ThrowsAsync<KeyNotFoundException>(() => cluster.ViewAsync("18c-none"));
        await Assert.ThrowsAsync<KeyNotFoundException>(() => cluster.Campaign("18c-none").WakeAsync().Soon());
        await cluster.EndAsync("18c-none", 1).Soon();
        Assert.Equal(0, cluster.Storage.Writes("campaign"));
    }

    [Fact]
    public async Task A_campaign_that_was_abandoned_before_it_began_does_not_begin_late()
    {
        await using var cluster = await Cluster();
        var late = CampaignState.New(new("18c-late", "p", "t", default, false, false), CampaignCluster.Order(1).Targets, [4096], 52, default);
        Assert.True(await cluster.Campaign(late.Id).AbandonAsync().Soon());

        for (var activation = 1; activation <= 2; activation++)
        {
            await Assert.ThrowsAsync<KeyNotFoundException>(() => cluster.Campaign(late.Id).RunAsync(late, [], new()).Soon());
            await Assert.ThrowsAsync<KeyNotFoundException>(() => cluster.ViewAsync(late.Id));
            await cluster.DeactivateAsync(cluster.Campaign(late.Id));
        }

        Assert.Equal((1, 0), (cluster.Storage.Writes("campaign"), cluster.Parts.Device(1).Joins));
        Assert.False(await cluster.Campaign(await cluster.BeginAsync(CampaignCluster.Order(1))).AbandonAsync().Soon());
    }

    [Fact]
    public async Task A_reminder_is_kept_while_it_is_unfinished()
    {
        await using var cluster = await CampaignCluster.StartAsync(reminders: true);
        var campaign = await cluster.BeginAsync(CampaignCluster.Order(1));
        var table = cluster.Cluster.Silos[0].ServiceProvider.GetRequiredService<IReminderTable>();
        var id = cluster.Campaign(campaign).GetGrainId();
        await RemindersAsync(1);
        await cluster.EndAllAsync(campaign, 1);
        await RemindersAsync(0);

        async Task RemindersAsync(int count)
        {
            for (var turns = 0; (await table.ReadRows(id)).Reminders.Count != count; turns++)
            {
                Assert.True(turns < 400, $"never {count} reminders");
                await cluster.PassAsync(0.25);
            }
        }
    }
}
