using Dfu.Cluster.Tests.Support;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;

namespace Dfu.Cluster.Tests.Campaigns;

/// <summary>What a campaign may do is part of its order; the host of these tests was started with none of it.</summary>
public sealed class CampaignLimitsTests
{
    private static readonly CampaignLimits Impatient = new() { Patience = TimeSpan.FromSeconds(5), MaxConcurrency = 7 };

    public static TheoryData<CampaignLimits> Flawed => new()
    {
        new CampaignLimits { Patience = TimeSpan.FromSeconds(0.5) },
        new CampaignLimits { Patience = TimeSpan.FromDays(8) },
        new CampaignLimits { MaxConcurrency = 0 },
        new CampaignLimits { MaxTransfersPerAdapter = 4097 },
        new CampaignLimits { MaxFruitlessAttempts = 0 },
        new CampaignLimits { MaxAttempts = 0 },
        new CampaignLimits { FirstBackoff = TimeSpan.Zero },
        new CampaignLimits { FirstBackoff = TimeSpan.FromSeconds(31) },
        new CampaignLimits { LongestBackoff = TimeSpan.FromHours(2) },
    };

    [Theory]
    [MemberData(nameof(Flawed))]
    public async Task Limits_that_make_no_sense_are_refused(CampaignLimits limits)
    {
        await using var cluster = await CampaignCluster.StartAsync();
        var ticket = await cluster.Fleet.StartAsync(CampaignCluster.Order() with { Limits = limits }).Soon();
        Assert.Equal((DfuError.InvalidArgument, limits.Flaw()), (ticket.Refusal, ticket.Detail));
        Assert.Empty(await cluster.Fleet.ListAsync());
    }

    [Fact]
    public async Task Devices_and_the_scheduler_are_told_what_the_campaign_may_and_again_when_it_is_gone_on_with()
    {
        await using var cluster = await CampaignCluster.StartAsync();
        var order = CampaignCluster.Order(1) with { Limits = Impatient };
        var campaign = await cluster.BeginAsync(order);
        await cluster.UntilAsync(() => cluster.Parts.Device(1).Joins > 0, "the device joins");
        Assert.Equal((Impatient, Impatient), (cluster.Parts.Device(1).Limits, cluster.Parts.Watches.Last().Limits));

        await cluster.DeactivateAsync(cluster.Campaign(campaign));
        await cluster.UntilAsync(() => cluster.Parts.Device(1).Joins > 1, "the device is called again");
        Assert.Equal(Impatient, cluster.Parts.Device(1).Limits);

        var patient = Impatient with { Patience = TimeSpan.FromSeconds(500) };
        Assert.Equal(campaign, await cluster.BeginAsync(order with { Limits = patient }));
        await cluster.SettleAsync(); // at once, although the device was not silent
        Assert.Equal(patient, cluster.Parts.Device(1).Limits);
        Assert.Equal(patient, cluster.Parts.Watches.Last().Limits);
    }

    [Fact]
    public async Task A_campaign_waits_for_its_devices_as_long_as_its_order_says()
    {
        await using var cluster = await CampaignCluster.StartAsync();
        var campaign = await cluster.BeginAsync(
            CampaignCluster.Order(targets: new TargetSelection { All = true, Count = 2 }) with { Limits = Impatient });
        await cluster.Campaign(campaign).ListeningAsync().Soon();
        await cluster.Campaign(campaign).FoundAsync([Parts.Address(1)]).Soon();
        await cluster.PassAsync(4);
        Assert.True((await cluster.FreshAsync(campaign)).Collecting);
        await cluster.PassAsync(2);
        var view = await cluster.FreshAsync(campaign);
        Assert.Equal((false, "Only 1 of 2 devices were heard; none more for 5 s."), (view.Collecting, Assert.Single(view.Notices)));
        Assert.Equal(DevicePhase.Queued, Assert.Single(view.Devices).Phase);
    }
}
