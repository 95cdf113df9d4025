using Dfu.Fleet;

namespace Dfu.Cluster.Tests.Campaigns;

public sealed class CampaignGrainTests
{
    [Fact]
    public async Task A_campaign_is_over_when_its_last_device_has_an_outcome_and_the_directory_knows()
    {
        await using var cluster = await CampaignCluster.StartAsync();
        var campaign = await cluster.BeginAsync();
        await cluster.UntilAsync(() => cluster.Parts.Device(3).Joins > 0, "devices join");
        var view = await cluster.ViewAsync(campaign);
        Assert.Equal((CampaignOutcome.Running, 3, false), (view.Outcome, view.Devices.Length, view.GoesOn));
        await cluster.EndAllAsync(campaign, 3);
        view = await cluster.FreshAsync(campaign);
        Assert.Equal(CampaignOutcome.Succeeded, view.Outcome);
        await cluster.SettleAsync();
        Assert.True(Assert.Single(await cluster.Fleet.ListAsync()).Finished);
    }
}
