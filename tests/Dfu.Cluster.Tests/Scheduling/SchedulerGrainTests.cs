using Dfu.Cluster.Tests.Campaigns;
using Dfu.Cluster.Tests.Support;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;

namespace Dfu.Cluster.Tests.Scheduling;

public sealed class SchedulerGrainTests
{
    private static AdapterReport Heard(params int[] devices) => new()
    {
        State = new() { Id = "one/sim:a", Status = AdapterStatus.Ready, Epoch = 4, Limit = new() { Current = 1, Ceiling = 1 } },
        Heard = [.. devices.Select(static n => new HeardAdvertisement(Room.Application(n), TimeSpan.FromSeconds(0.1)))],
    };

    private static SlotRequest Waiting(CampaignCluster cluster, string campaign, int device) => new()
    {
        Campaign = campaign,
        Device = DeviceState.New(Parts.Address(device), [40_960], cluster.Time.GetUtcNow().AddSeconds(-1)),
        At = cluster.Time.GetUtcNow(),
    };

    [Fact]
    public async Task What_an_adapter_hears_becomes_a_device_of_the_campaign_and_gets_a_slot()
    {
        await using var cluster = await CampaignCluster.StartAsync(scheduler: true);
        var campaign = await cluster.BeginAsync(CampaignCluster.Order(targets: new() { All = true }));
        await cluster.SettleAsync();
        await cluster.Scheduler.AdapterAsync(Heard(1)).Soon();
        await cluster.UntilAsync(() => cluster.Parts.Device(1).Joins > 0, "the device joins");
        Assert.True((await cluster.FreshAsync(campaign)).Collecting);

        await cluster.Scheduler.AdapterAsync(Heard(1)).Soon();
        var air = await cluster.Scheduler.WaitingAsync(Waiting(cluster, campaign, 1)).Soon();
        Assert.Equal((true, true, null), (air.Known, air.AsApplication, air.Deaf));
        await cluster.UntilAsync(() => !cluster.Parts.Device(1).Grants.IsEmpty, "the device gets a slot");
        var grant = Assert.Single(cluster.Parts.Device(1).Grants);
        Assert.Equal(("one/sim:a", 4), (grant.Adapter, grant.Epoch));
        var view = await cluster.FreshAsync(campaign);
        Assert.Equal(("one/sim:a", -60), (Assert.Single(view.Adapters).Id, view.Devices[0].Rssi));

        // The first report told the campaign that somebody listens: the time for that is over some seconds later.
        await cluster.PassAsync(11);
        Assert.False((await cluster.ViewAsync(campaign)).Collecting);
    }

    [Fact]
    public async Task A_slot_that_is_refused_goes_to_the_next_device()
    {
        await using var cluster = await CampaignCluster.StartAsync(scheduler: true);
        var campaign = await cluster.BeginAsync(CampaignCluster.Order(2));
        cluster.Parts.Device(1).Refuses = true;
        await cluster.Scheduler.WaitingAsync(Waiting(cluster, campaign, 1)).Soon();
        cluster.Time.Advance(TimeSpan.FromSeconds(0.01));
        for (var steps = 0; cluster.Parts.Device(2).Grants.IsEmpty; steps++)
        {
            // The refusal comes in real time: until then device and adapter say again and again that they are there, as real ones do.
            Assert.True(steps < 1200, "the other device never gets it");
            await cluster.Scheduler.WaitingAsync(Waiting(cluster, campaign, 2)).Soon();
            await cluster.Scheduler.AdapterAsync(Heard(1, 2)).Soon();
            await cluster.PassAsync(0.1);
        }

        Assert.Single(cluster.Parts.Device(1).Grants);
    }

    [Fact]
    public async Task A_scheduler_that_died_learns_everything_again()
    {
        await using var cluster = await CampaignCluster.StartAsync(scheduler: true);
        var campaign = await cluster.BeginAsync(CampaignCluster.Order(1));
        await cluster.SettleAsync();
        await cluster.DeactivateAsync(cluster.Scheduler);
        Assert.False((await cluster.Scheduler.WaitingAsync(Waiting(cluster, campaign, 1)).Soon()).Known);
        await cluster.PassAsync(3);
        Assert.True((await cluster.Scheduler.WaitingAsync(Waiting(cluster, campaign, 1)).Soon()).Known);
        await cluster.Scheduler.AdapterAsync(Heard(1)).Soon();
        await cluster.UntilAsync(() => !cluster.Parts.Device(1).Grants.IsEmpty, "the device gets a slot");
    }
}
