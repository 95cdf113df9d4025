using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Updates;
using Dfu.Grains;
using Dfu.Protocol.Errors;

namespace Dfu.Cluster.Tests.Adapters;

public sealed class BeginTests
{
    [Fact]
    public async Task An_attempt_runs_to_its_end_and_reports_it()
    {
        await using var cluster = await AdapterCluster.StartAsync();
        var adapter = await cluster.ReadyAsync();
        var order = await cluster.OrderAsync();

        Assert.Equal(AttemptAnswer.Running, await adapter.BeginAsync(order));
        var attempt = await cluster.Attempts.NextAsync();
        Assert.Equal(order.Device.Heard!.Value.Address, attempt.Order.Heard.Address);
        Assert.Single((await adapter.GetAsync()).Slots);
        attempt.End.SetResult(new(ApplicationHeard: true));

        var device = cluster.Peers.Device(order.Device.Id);
        await cluster.UntilAsync(() => device.End is not null, "the end is reported");
        Assert.Equal((DfuError.None, 1, true), (device.End!.Error, device.End.Attempt, device.End.ApplicationHeard));
        Assert.True(attempt.Link.IsClosed);
        Assert.Empty((await adapter.GetAsync()).Slots);
    }

    [Fact]
    public async Task A_host_that_cannot_count_bytes_updates_devices_all_the_same_and_they_count()
    {
        await using var cluster = await AdapterCluster.StartAsync();
        var adapter = await cluster.ReadyAsync();
        cluster.LedgersFull = true;
        var order = await cluster.OrderAsync();
        order = order with { Device = order.Device with { BytesSent = 5000, BytesDistinct = 4096 } };

        Assert.Equal(AttemptAnswer.Running, await adapter.BeginAsync(order));
        var attempt = await cluster.Attempts.NextAsync();
        attempt.Observer.Sent(0, 4096, 1000);
        attempt.End.SetResult(new(ApplicationHeard: true));
        var device = cluster.Peers.Device(order.Device.Id);
        await cluster.UntilAsync(() => device.End is not null, "the end is reported");
        Assert.Equal(new(6000, 5096), device.End!.Traffic);
    }

    [Fact]
    public async Task An_order_that_comes_again_begins_nothing()
    {
        await using var cluster = await AdapterCluster.StartAsync();
        var adapter = await cluster.ReadyAsync();
        var order = await cluster.OrderAsync();
        await adapter.BeginAsync(order);
        await cluster.Attempts.NextAsync();

        Assert.Equal(AttemptAnswer.Running, await adapter.BeginAsync(order));
        await cluster.PassAsync(1);
        Assert.Equal(1, cluster.Attempts.Count);
        Assert.Single((await adapter.GetAsync()).Slots);
    }

    [Fact]
    public async Task An_order_that_comes_after_the_end_gets_the_end_once_more()
    {
        await using var cluster = await AdapterCluster.StartAsync();
        var adapter = await cluster.ReadyAsync();
        var order = await cluster.OrderAsync();
        await adapter.BeginAsync(order);
        (await cluster.Attempts.NextAsync()).End.SetException(new DfuException(DfuError.LinkLost, "it dropped"));
        var device = cluster.Peers.Device(order.Device.Id);
        await cluster.UntilAsync(() => device.End is not null, "the end is reported");

        Assert.Equal(AttemptAnswer.Ended, await adapter.BeginAsync(order));
        await cluster.UntilAsync(() => device.Events.OfType<DeviceEvent.Ended>().Count() == 2, "it is reported again");
        Assert.All(device.Events.OfType<DeviceEvent.Ended>(), end => Assert.Equal(DfuError.LinkLost, end.Error));
        Assert.Equal(1, cluster.Attempts.Count);
    }

    [Fact]
    public async Task The_same_number_in_another_campaign_is_another_attempt()
    {
        await using var cluster = await AdapterCluster.StartAsync();
        var adapter = await cluster.ReadyAsync();
        var order = await cluster.OrderAsync();
        await adapter.BeginAsync(order);
        (await cluster.Attempts.NextAsync()).End.SetResult(new(true));
        await cluster.UntilAsync(() => cluster.Peers.Device(order.Device.Id).End is not null, "the end is reported");

        Assert.Equal(AttemptAnswer.Running, await adapter.BeginAsync(order with { Place = order.Place with { Campaign = "campaign-2" } }));
        await cluster.Attempts.NextAsync();
    }

    [Fact]
    public async Task An_order_for_another_opening_of_the_radio_is_refused()
    {
        await using var cluster = await AdapterCluster.StartAsync();
        var adapter = await cluster.ReadyAsync();
        var order = await cluster.OrderAsync();
        foreach (var epoch in new[] { order.Device.AdapterEpoch - 1, order.Device.AdapterEpoch + 1 })
            Assert.Equal(AttemptAnswer.Refused, await adapter.BeginAsync(order with { Device = order.Device with { AdapterEpoch = epoch } }));
        Assert.Equal(0, cluster.Attempts.Count);
        Assert.Empty((await adapter.GetAsync()).Slots);
    }

    [Fact]
    public async Task A_full_adapter_refuses()
    {
        await using var cluster = await AdapterCluster.StartAsync();
        var adapter = await cluster.ReadyAsync();
        var limit = (await adapter.GetAsync()).Limit.Current;
        for (var device = 1; device <= limit; device++)
        {
            Assert.Equal(AttemptAnswer.Running, await adapter.BeginAsync(await cluster.OrderAsync(device)));
            await cluster.Attempts.NextAsync();
        }

        Assert.Equal(AttemptAnswer.Refused, await adapter.BeginAsync(await cluster.OrderAsync(9)));
    }

    [Fact]
    public async Task A_device_that_gave_up_an_attempt_gets_no_other_here_before_that_one_has_ended()
    {
        await using var cluster = await AdapterCluster.StartAsync();
        var adapter = await cluster.ReadyAsync();
        await adapter.BeginAsync(await cluster.OrderAsync(attempt: 1));
        var first = await cluster.Attempts.NextAsync();

        Assert.Equal(AttemptAnswer.Refused, await adapter.BeginAsync(await cluster.OrderAsync(attempt: 2)));
        await cluster.UntilAsync(() => first.Link.IsClosed, "the first is stopped");
        await cluster.UntilAsync(async () => (await adapter.GetAsync()).Slots.IsEmpty, "its slot is free");
        Assert.Equal(AttemptAnswer.Running, await adapter.BeginAsync(await cluster.OrderAsync(attempt: 3)));
    }

    [Fact]
    public async Task An_adapter_that_is_not_there_refuses_and_says_so()
    {
        await using var cluster = await AdapterCluster.StartAsync();
        await cluster.ReadyAsync();
        var id = AdapterId.Of(cluster.Silo(0), "fake:9");
        var adapter = cluster.Cluster.Client.GetGrain<IAdapterGrain>(id);
        Assert.Equal(DfuError.AdapterNotFound, (await adapter.OpenedAsync()).Error);
        Assert.Equal(AttemptAnswer.Refused, await adapter.BeginAsync(AdapterCluster.Order(id, 1, AdapterCluster.Address(1), 1)));
    }

    [Fact]
    public async Task An_attempt_whose_campaign_cannot_be_asked_ends_without_a_link_and_is_nobodys_fault()
    {
        await using var cluster = await AdapterCluster.StartAsync();
        var adapter = await cluster.ReadyAsync();
        cluster.Peers.CampaignsAreAway = new DfuException(DfuError.DataDirectoryUnusable, "its disk is full");
        var order = await cluster.OrderAsync();
        Assert.Equal(AttemptAnswer.Running, await adapter.BeginAsync(order));

        var device = cluster.Peers.Device(order.Device.Id);
        await cluster.UntilAsync(() => device.End is not null, "it gives up");
        Assert.Equal(DfuError.Interrupted, device.End!.Error);
        Assert.Equal(0, cluster.Attempts.Count);
        Assert.Empty((await adapter.GetAsync()).Slots);
    }

    [Fact]
    public async Task A_campaign_that_can_be_asked_again_in_time_costs_nothing()
    {
        await using var cluster = await AdapterCluster.StartAsync();
        var adapter = await cluster.ReadyAsync();
        cluster.Peers.CampaignsAreAway = new TimeoutException("its silo is gone");
        await adapter.BeginAsync(await cluster.OrderAsync());
        await cluster.PassAsync(1);
        cluster.Peers.CampaignsAreAway = null;
        await cluster.PassAsync(1);
        await cluster.Attempts.NextAsync();
    }

    [Fact]
    public async Task What_an_attempt_is_to_believe_comes_from_its_campaign()
    {
        await using var cluster = await AdapterCluster.StartAsync();
        var adapter = await cluster.ReadyAsync();
        cluster.Peers.Knowledge = new(new() { InitMax = 512, Mtu = 100 }, TimeSpan.FromSeconds(33), TimeSpan.FromSeconds(99), Probe: true);
        var order = await cluster.OrderAsync();
        await adapter.BeginAsync(order);
        var attempt = await cluster.Attempts.NextAsync();
        Assert.Equal((100, TimeSpan.FromSeconds(33), true), (attempt.Order.Hint.Traits.Mtu, attempt.Order.Hint.MeanTimeBetweenDrops, attempt.Order.Hint.Probe));

        attempt.End.SetResult(new UpdateResult(true));
        await cluster.UntilAsync(
            () => cluster.Peers.Learned.Any(told => told.Campaign == AdapterCluster.Campaign
                && told.Event is Dfu.Fleet.Campaigns.CampaignEvent.ProbeEnded ended
                && (ended.Device, ended.Attempt) == (order.Device.Id, order.Device.Attempt)),
            "its campaign hears that the probe is over");
    }
}
