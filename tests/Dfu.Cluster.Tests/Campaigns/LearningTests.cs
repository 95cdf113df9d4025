using Dfu.Cluster.Tests.Support;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Storage;
using Dfu.Grains;
using Dfu.Protocol.Transfers;

namespace Dfu.Cluster.Tests.Campaigns;

public sealed class LearningTests
{
    private static readonly BootloaderTraits Modern = new() { InitMax = 512, Mtu = 247, Keeps = Keeps.Nothing };

    [Fact]
    public async Task One_attempt_at_a_time_finds_out_what_bootloaders_keep()
    {
        await using var cluster = await CampaignCluster.StartAsync();
        var campaign = await cluster.BeginAsync();
        var grain = cluster.Campaign(campaign);
        Assert.True((await grain.KnowledgeAsync(Parts.Address(1), 1, null).Soon()).Probe);
        Assert.True((await grain.KnowledgeAsync(Parts.Address(1), 1, null).Soon()).Probe); // the answer was lost
        Assert.False((await grain.KnowledgeAsync(Parts.Address(2), 1, null).Soon()).Probe);

        // It ended otherwise than by saying so.
        await grain.DeviceChangedAsync(cluster.State(1, static state => state with { Attempt = 1, Phase = DevicePhase.Queued })).Soon();
        Assert.True((await grain.KnowledgeAsync(Parts.Address(2), 1, null).Soon()).Probe);
        await LearnAsync(grain, new CampaignEvent.ProbeEnded(Parts.Address(2), 1));
        await LearnAsync(grain, new CampaignEvent.TraitsLearned(Parts.Address(2), Modern));
        var known = await grain.KnowledgeAsync(Parts.Address(3), 1, null).Soon();
        Assert.Equal((Keeps.Nothing, false), (known.Traits.Keeps, known.Probe));
    }

    [Fact]
    public async Task What_links_and_bootloaders_showed_is_told_to_attempts_operators_and_later_campaigns()
    {
        await using var cluster = await CampaignCluster.StartAsync();
        var campaign = await cluster.BeginAsync();
        var grain = cluster.Campaign(campaign);
        await LearnAsync(
            grain,
            new CampaignEvent.LinkEnded(TimeSpan.FromSeconds(30), Dropped: true),
            new CampaignEvent.LinkEnded(TimeSpan.FromSeconds(10), Dropped: false),
            new CampaignEvent.TraitsLearned(Parts.Address(1), Modern));
        var known = await grain.KnowledgeAsync(Parts.Address(2), 1, null).Soon();
        Assert.Equal((TimeSpan.FromSeconds(40), TimeSpan.FromSeconds(40)), (known.MeanTimeBetweenDrops, known.LinkTime));
        Assert.Contains("save nothing by themselves", Assert.Single((await cluster.FreshAsync(campaign)).Notices), StringComparison.Ordinal);
        var kept = Assert.Single(FleetJson.Read<DirectoryState>(cluster.Storage.Json("fleet")).Classes);
        Assert.Equal((52u, Keeps.Nothing), (kept.HwVersion, kept.Traits.Keeps));

        await cluster.EndAllAsync(campaign, 3);
        var other = await cluster.BeginAsync(CampaignCluster.Order(package: '1'));
        Assert.Equal(Keeps.Nothing, (await cluster.Campaign(other).KnowledgeAsync(Parts.Address(1), 1, null).Soon()).Traits.Keeps);
    }

    private static Task LearnAsync(ICampaignGrain grain, params CampaignEvent[] events) =>
        grain.LearnedAsync(new() { Events = [.. events] }).Soon();
}
