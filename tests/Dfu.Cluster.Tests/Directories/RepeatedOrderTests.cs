using System.Text.RegularExpressions;
using Dfu.Cluster.Tests.Campaigns;
using Dfu.Cluster.Tests.Support;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using Dfu.Protocol.Errors;

namespace Dfu.Cluster.Tests.Directories;

/// <summary>An order that comes again because its answer was lost.</summary>
public sealed partial class RepeatedOrderTests
{
    private static readonly CampaignOrder Keyed = CampaignCluster.Order(1) with { Key = "key", Content = "content", By = "olaf" };
    private static readonly CampaignOrder Other = CampaignCluster.Order(1) with { By = "inge" };

    [Fact]
    public async Task It_is_not_carried_out_again_by_a_campaign_from_before_orders_were_counted()
    {
        await using var cluster = await CampaignCluster.StartAsync();
        var campaign = await cluster.BeginAsync(Keyed);
        await FailAsync(cluster, campaign);
        await cluster.DeactivateAsync(cluster.Campaign(campaign));
        await cluster.DeactivateAsync(cluster.Fleet);
        foreach (var state in (string[])["campaign", "fleet"]) cluster.Storage.Rewrite(state, static json => Counts().Replace(json, ""));

        await IsNotCarriedOutAgainAsync(cluster, campaign);
        Assert.Equal(campaign, await cluster.BeginAsync(Other));
        await cluster.UntilAsync(() => cluster.Parts.Device(1).Retries == 1, "another one is carried out");
    }

    [Fact]
    public async Task It_is_not_carried_out_again_however_many_without_a_key_came_since()
    {
        await using var cluster = await CampaignCluster.StartAsync();
        var campaign = await cluster.BeginAsync(Keyed);
        for (var others = 0; others < 40; others++) await cluster.BeginAsync(Other);
        await FailAsync(cluster, campaign);
        await IsNotCarriedOutAgainAsync(cluster, campaign);
    }

    [Fact]
    public async Task It_is_not_carried_out_later_when_there_was_nothing_to_do_when_it_came_first()
    {
        await using var cluster = await CampaignCluster.StartAsync();
        var campaign = await cluster.BeginAsync(Other);
        await cluster.UntilAsync(() => cluster.Parts.Device(1).Joins > 0, "the device joins");
        await cluster.EndAllAsync(campaign, 1);
        Assert.Equal(campaign, await cluster.BeginAsync(Keyed));

        await cluster.Campaign(campaign).ControlAsync(new(CampaignControlKind.Restart, "inge") { Devices = [Parts.Address(1)] }).Soon();
        await cluster.UntilAsync(() => cluster.Parts.Device(1).Retries == 1, "the device begins anew");
        await FailAsync(cluster, campaign);
        await IsNotCarriedOutAgainAsync(cluster, campaign, retries: 1);
    }

    private static async Task FailAsync(CampaignCluster cluster, string campaign)
    {
        await cluster.UntilAsync(() => cluster.Parts.Device(1).Joins > 0, "the device joins");
        await cluster.EndAllAsync(campaign, 1, DeviceOutcome.Failed, DfuError.LinkLost);
        Assert.Equal(CampaignOutcome.Failed, (await cluster.FreshAsync(campaign)).Outcome);
    }

    private static async Task IsNotCarriedOutAgainAsync(CampaignCluster cluster, string campaign, int retries = 0)
    {
        var audited = cluster.Parts.Audit.DistinctBy(static entry => entry.Id).Count();
        Assert.Equal(campaign, await cluster.BeginAsync(Keyed));
        await cluster.PassAsync(5);
        Assert.Equal(retries, cluster.Parts.Device(1).Retries);
        Assert.Equal(CampaignOutcome.Failed, (await cluster.FreshAsync(campaign)).Outcome);
        Assert.Equal(audited, cluster.Parts.Audit.DistinctBy(static entry => entry.Id).Count());
        Assert.True(Assert.Single(await cluster.Fleet.ListAsync()).Finished);
    }

    /// <summary>Where a campaign and its directory count orders.</summary>
    [GeneratedRegex("\"(orders|lastOrder|missedOrders|order)\":(\\d+|\\[[^]]*\\]),?|,\"order\":\\d+(?=})")]
    private static partial Regex Counts();
}
