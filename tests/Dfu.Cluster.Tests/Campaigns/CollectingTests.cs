using Dfu.Cluster.Tests.Support;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Storage;

namespace Dfu.Cluster.Tests.Campaigns;

public sealed class CollectingTests
{
    private static readonly TargetSelection All = new() { All = true, ScanTime = TimeSpan.FromSeconds(5) };

    [Fact]
    public async Task Devices_join_in_the_order_they_are_found_until_the_time_for_listening_is_over()
    {
        await using var cluster = await CampaignCluster.StartAsync();
        var campaign = await cluster.BeginAsync(CampaignCluster.Order(targets: All));
        Assert.True((await cluster.ViewAsync(campaign)).Collecting);
        await cluster.PassAsync(20); // nobody listens yet
        await cluster.Campaign(campaign).ListeningAsync().Soon();
        await cluster.Campaign(campaign).FoundAsync([Parts.Address(3), Parts.Address(1)]).Soon();
        await cluster.PassAsync(3);
        await cluster.Campaign(campaign).ListeningAsync().Soon();
        await cluster.Campaign(campaign).FoundAsync([Parts.Address(1), Parts.Address(2)]).Soon();
        var view = await cluster.FreshAsync(campaign);
        Assert.True(view.Collecting);
        Assert.Equal([Parts.Address(3), Parts.Address(1), Parts.Address(2)], view.Devices.Select(static device => device.Application));
        Assert.Equal(1, cluster.Parts.Device(2).Joins);
        var watch = cluster.Parts.Watches.Last();
        Assert.Equal((true, true, 3), (watch.Collecting, watch.NamedByApplication, watch.Devices.Length));

        await cluster.PassAsync(3);
        Assert.False((await cluster.ViewAsync(campaign)).Collecting);
        Assert.False(cluster.Parts.Watches.Last().Collecting);
        await cluster.Campaign(campaign).FoundAsync([Parts.Address(4)]).Soon();
        Assert.Equal(3, (await cluster.FreshAsync(campaign)).Devices.Length);
    }

    [Fact]
    public async Task A_device_is_told_to_join_only_when_it_is_durable_that_it_belongs_to_it()
    {
        await using var cluster = await CampaignCluster.StartAsync();
        var campaign = await cluster.BeginAsync(CampaignCluster.Order(targets: All));
        var disk = new TaskCompletionSource();
        cluster.Storage.Gate = disk.Task;
        var found = cluster.Campaign(campaign).FoundAsync([Parts.Address(1)]);
        await cluster.PassAsync(3);
        Assert.Equal(0, cluster.Parts.Device(1).Joins);
        Assert.Empty((await cluster.FreshAsync(campaign)).Devices);
        disk.SetResult();
        await found.Soon();
        await cluster.SettleAsync();
        Assert.Equal(1, cluster.Parts.Device(1).Joins);
    }

    [Fact]
    public async Task A_count_is_waited_for_as_long_as_patience_lasts()
    {
        await using var cluster = await CampaignCluster.StartAsync();
        var campaign = await cluster.BeginAsync(CampaignCluster.Order(targets: All with { Count = 3 }));
        await cluster.Campaign(campaign).ListeningAsync().Soon();
        await cluster.Campaign(campaign).FoundAsync([Parts.Address(1), Parts.Address(2)]).Soon();
        await cluster.EndAllAsync(campaign, 2);
        await cluster.PassAsync(100);
        Assert.True((await cluster.ViewAsync(campaign)).Collecting);
        await cluster.PassAsync(21);
        var view = await cluster.ViewAsync(campaign);
        Assert.Equal((false, CampaignOutcome.Failed), (view.Collecting, view.Outcome));
        Assert.Equal("Only 2 of 3 devices were heard; none more for 120 s.", Assert.Single(view.Notices));

        // The same request listens on; what is updated is left alone.
        Assert.Equal(campaign, await cluster.BeginAsync(CampaignCluster.Order(targets: All with { Count = 3 })));
        await cluster.Campaign(campaign).ListeningAsync().Soon();
        await cluster.Campaign(campaign).FoundAsync([Parts.Address(3), Parts.Address(4)]).Soon();
        view = await cluster.FreshAsync(campaign);
        Assert.Equal((CampaignOutcome.Running, 3), (view.Outcome, view.Devices.Length));
        var end = cluster.EndAsync(campaign, 3);
        await cluster.UntilAsync(() => end.IsCompleted, "it is over");
        Assert.Equal(CampaignOutcome.Succeeded, (await cluster.FreshAsync(campaign)).Outcome);
        Assert.Equal(0, cluster.Parts.Device(1).Retries);
    }

    [Fact]
    public async Task One_that_takes_whatever_it_hears_listens_again_for_devices_that_came_since()
    {
        await using var cluster = await CampaignCluster.StartAsync();
        var order = CampaignCluster.Order(targets: All);
        var campaign = await cluster.BeginAsync(order);
        await cluster.Campaign(campaign).ListeningAsync().Soon();
        await cluster.Campaign(campaign).FoundAsync([Parts.Address(1)]).Soon();
        await cluster.EndAllAsync(campaign, 1);
        await cluster.PassAsync(6);
        Assert.Equal(CampaignOutcome.Succeeded, (await cluster.ViewAsync(campaign)).Outcome);

        Assert.Equal(campaign, await cluster.BeginAsync(order));
        var view = await cluster.ViewAsync(campaign);
        Assert.Equal((CampaignOutcome.Running, true, true), (view.Outcome, view.Collecting, view.GoesOn));
        Assert.Equal(DeviceOutcome.Updated, Assert.Single(view.Devices).Outcome);
        Assert.True(cluster.Parts.Watches.Last().Collecting);
        await cluster.Campaign(campaign).ListeningAsync().Soon();
        await cluster.PassAsync(5.5);
        Assert.Equal(CampaignOutcome.Succeeded, (await cluster.ViewAsync(campaign)).Outcome);
    }

    [Fact]
    public async Task Listening_begins_anew_where_a_campaign_is_activated_while_it_collects()
    {
        await using var cluster = await CampaignCluster.StartAsync();
        var campaign = await cluster.BeginAsync(CampaignCluster.Order(targets: All));
        await cluster.Campaign(campaign).ListeningAsync().Soon();
        await cluster.PassAsync(4);
        await cluster.DeactivateAsync(cluster.Campaign(campaign));
        await cluster.ViewAsync(campaign);
        await cluster.SettleAsync();
        Assert.Null(FleetJson.Read<CampaignState>(cluster.Storage.Json("campaign")).CollectingSince);
        await cluster.Campaign(campaign).ListeningAsync().Soon();
        await cluster.PassAsync(4);
        Assert.True((await cluster.ViewAsync(campaign)).Collecting);
        await cluster.PassAsync(2);
        Assert.False((await cluster.ViewAsync(campaign)).Collecting);
    }
}
