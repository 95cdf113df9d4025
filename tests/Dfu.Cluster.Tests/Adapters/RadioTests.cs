using Dfu.Adapters;
using Dfu.Cluster.Tests.Support;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Shells.Adapters;
using Dfu.Fleet.Storage;
using Dfu.Fleet.Updates;
using Dfu.Protocol.Errors;
using Microsoft.Extensions.DependencyInjection;

namespace Dfu.Cluster.Tests.Adapters;

public sealed class RadioTests
{
    [Fact]
    public async Task A_silo_opens_its_radios_when_it_starts_and_says_how_that_went()
    {
        await using var cluster = await AdapterCluster.StartAsync();
        Assert.Equal(new AdapterOpening(), await cluster.Adapter().OpenedAsync().Soon());
        Assert.Equal(1, cluster.Source().Openings);
    }

    [Fact]
    public async Task A_radio_that_cannot_be_opened_is_reported_and_tried_again()
    {
        var source = new FakeSource("fake:0") { Refuses = new(DfuError.AdapterInUse, "another process has it") };
        await using var cluster = await AdapterCluster.StartAsync(new HandTime(), new(), [source], (_, _, _, _, _) => throw new InvalidOperationException());
        var opening = await cluster.Adapter().OpenedAsync().Soon();
        Assert.Equal((DfuError.AdapterInUse, "another process has it"), (opening.Error, opening.Detail));

        source.Refuses = null;
        await cluster.ReadyAsync();
        Assert.Equal(1, source.Openings);
    }

    [Fact]
    public async Task A_lost_radio_hands_its_attempts_over_and_is_opened_again_in_a_new_epoch()
    {
        await using var cluster = await AdapterCluster.StartAsync();
        var adapter = await cluster.ReadyAsync();
        var order = await cluster.OrderAsync();
        await adapter.BeginAsync(order);
        var attempt = await cluster.Attempts.NextAsync();
        var before = await adapter.GetAsync();

        cluster.Source().Current!.Lose();
        var device = cluster.Peers.Device(order.Device.Id);
        await cluster.UntilAsync(() => device.End is not null, "the device can go on elsewhere");
        Assert.Equal(DfuError.AdapterLost, device.End!.Error);
        Assert.True(attempt.Link.IsClosed);
        await cluster.UntilAsync(() => cluster.Source().Openings == 2, "the radio is opened again");
        await cluster.ReadyAsync();
        var after = await adapter.GetAsync();
        Assert.True(after.Epoch > before.Epoch);
        Assert.Equal(1, cluster.Source().MostOpen);
        Assert.Equal(after.Epoch, Stored(cluster).Epoch);
        Assert.Equal(AttemptAnswer.Refused, await adapter.BeginAsync(order with { Device = order.Device with { Attempt = 2 } }));
    }

    [Fact]
    public async Task A_radio_that_another_owner_still_has_is_not_opened_before_it_lets_go()
    {
        await using var cluster = await AdapterCluster.StartAsync();
        var adapter = await cluster.ReadyAsync();
        var before = await adapter.GetAsync();
        await adapter.StopAsync().Soon();
        var guard = cluster.Cluster.Silos[0].ServiceProvider.GetRequiredService<AdapterGuard>();
        var other = await guard.EnterAsync(AdapterId.Of(cluster.Silo(0), "fake:0"), CancellationToken.None).Soon();

        await cluster.PassAsync(5);
        Assert.Equal(1, cluster.Source().Openings);
        Assert.Equal(AttemptAnswer.Refused, await adapter.BeginAsync(await cluster.OrderAsync()));
        Assert.True((await adapter.GetAsync()).Epoch > before.Epoch);

        other.Dispose();
        await cluster.UntilAsync(() => cluster.Source().Openings == 2, "it is its turn");
        Assert.Equal(1, cluster.Source().MostOpen);
    }

    [Fact]
    public async Task The_guard_lets_one_owner_in_however_often_the_one_before_lets_go()
    {
        var guard = new AdapterGuard();
        var first = await guard.EnterAsync("silo/radio", CancellationToken.None);
        var second = guard.EnterAsync("silo/radio", CancellationToken.None);
        var third = guard.EnterAsync("silo/radio", CancellationToken.None);
        using var another = await guard.EnterAsync("silo/another", CancellationToken.None).Soon();
        Assert.False(second.IsCompleted);
        first.Dispose();
        first.Dispose();
        using var owner = await second.Soon();
        Assert.False(third.IsCompleted);
        owner.Dispose();
        (await third.Soon()).Dispose();
    }

    [Fact]
    public async Task An_activation_that_ends_closes_its_radio_before_the_next_opens_it()
    {
        await using var cluster = await AdapterCluster.StartAsync();
        var adapter = await cluster.ReadyAsync();
        var before = await adapter.GetAsync();
        var order = await cluster.OrderAsync();
        await adapter.BeginAsync(order);
        await cluster.Attempts.NextAsync();
        var closing = new TaskCompletionSource();
        cluster.Source().MayClose = closing.Task;

        var ended = cluster.Cluster.DeactivateAsync(adapter);
        while (cluster.Peers.Device(order.Device.Id).End is null) await cluster.TickAsync();
        Assert.Equal(DfuError.Interrupted, cluster.Peers.Device(order.Device.Id).End!.Error);
        for (var n = 0; n < 100; n++) await cluster.TickAsync();
        Assert.False(ended.IsCompleted);
        closing.SetResult();
        while (!ended.IsCompleted) await cluster.TickAsync();
        await ended;
        await cluster.UntilAsync(() => cluster.Source().Openings == 2, "the next activation opens it");
        Assert.Equal(1, cluster.Source().MostOpen);
        Assert.True((await cluster.Adapter().GetAsync()).Epoch > before.Epoch);
    }

    [Fact]
    public async Task A_radio_that_is_just_being_opened_is_let_go_before_the_next_owner_opens_it()
    {
        var source = new FakeSource("fake:0");
        var opening = new TaskCompletionSource();
        source.MayOpen = opening.Task;
        await using var cluster = await AdapterCluster.StartAsync(new HandTime(), new(), [source], (_, _, _, _, _) => throw new InvalidOperationException());
        await cluster.UntilAsync(() => source.Openings == 1, "it is being opened");

        var stopped = cluster.Adapter().StopAsync();
        await cluster.PassAsync(5);
        Assert.Equal((1, false), (source.Openings, stopped.IsCompleted));
        opening.SetResult();
        await stopped.Soon();
        await cluster.UntilAsync(() => source.Openings == 2, "the next owner opens it");
        Assert.Equal(1, source.MostOpen);
    }

    [Fact]
    public async Task A_radio_that_nobody_can_stop_being_opened_is_left_to_itself()
    {
        var source = new FakeSource("fake:0") { MayOpen = new TaskCompletionSource().Task };
        await using var cluster = await AdapterCluster.StartAsync(new HandTime(), new(), [source], (_, _, _, _, _) => throw new InvalidOperationException());
        await cluster.UntilAsync(() => source.Openings == 1, "it is being opened");
        var stopped = cluster.Adapter().StopAsync();
        await cluster.UntilAsync(() => stopped.IsCompleted, "it is given up");
    }

    [Fact]
    public async Task A_scan_that_is_cancelled_by_somebody_else_is_a_lost_radio()
    {
        await using var cluster = await AdapterCluster.StartAsync();
        await cluster.ReadyAsync();
        cluster.Source().Current!.CancelScan();
        await cluster.UntilAsync(() => cluster.Source().Openings == 2, "it is opened again");
        Assert.Equal(1, cluster.Source().MostOpen);
    }

    [Fact]
    public async Task A_state_that_cannot_be_saved_opens_nothing()
    {
        await using var cluster = await AdapterCluster.StartAsync();
        await cluster.ReadyAsync();
        cluster.Storage.Full = true;
        cluster.Source().Current!.Lose();
        await cluster.UntilAsync(() => cluster.Source().Open == 0, "the radio is let go");
        await cluster.PassAsync(10);
        Assert.Equal(1, cluster.Source().Openings);

        cluster.Storage.Full = false;
        await cluster.UntilAsync(() => cluster.Source().Openings == 2, "it is opened again");
    }

    [Fact]
    public async Task What_was_learned_of_the_limit_outlives_the_activation()
    {
        await using var cluster = await AdapterCluster.StartAsync(silos: 1, radios: 1);
        var adapter = await cluster.ReadyAsync();
        await adapter.StopAsync().Soon();
        var grain = adapter.GetGrainId();
        var stored = FleetJson.Read<AdapterState>(cluster.Storage.Json(grain)!);
        var raiseAt = DateTimeOffset.UnixEpoch.AddHours(1);
        var learned = stored with { Limit = stored.Limit with { Current = 2, Hold = TimeSpan.FromSeconds(60), RaiseAt = raiseAt } };
        cluster.Storage.Put(grain, FleetJson.Write(learned));

        await cluster.UntilAsync(() => cluster.Source().Openings == 2, "it is opened again");
        await cluster.ReadyAsync();
        var limit = (await adapter.GetAsync()).Limit;
        Assert.Equal((2, 8, learned.Limit.RaiseAt), (limit.Current, limit.Ceiling, limit.RaiseAt));
    }

    [Fact]
    public async Task More_transfers_are_tried_when_all_slots_are_taken_and_bytes_get_through()
    {
        await using var cluster = await AdapterCluster.StartAsync();
        var adapter = await cluster.ReadyAsync();
        var attempts = new List<ScriptedAttempt>();
        for (var device = 1; device <= 3; device++)
        {
            await adapter.BeginAsync(await cluster.OrderAsync(device));
            attempts.Add(await cluster.Attempts.NextAsync());
        }

        Assert.Equal(3, (await adapter.GetAsync()).Limit.Current);
        foreach (var attempt in attempts) attempt.Observer.PhaseChanged(UpdatePhase.Sending);
        for (var n = 1; n <= 12; n++)
        {
            foreach (var attempt in attempts) attempt.Observer.Confirmed(0, 256 * n, (uint)n);
            await cluster.PassAsync(0.25);
        }

        var limit = (await adapter.GetAsync()).Limit;
        Assert.Equal((5, 3, 3), (limit.Current, limit.RaisedFrom, limit.RaisedAt));
        Assert.InRange(limit.Loads.Single().Rate, 900, 1100);
    }

    [Fact]
    public async Task The_scheduler_hears_four_times_a_second_what_the_adapter_is_and_hears()
    {
        await using var cluster = await AdapterCluster.StartAsync();
        await cluster.ReadyAsync();
        var advertisement = new Advertisement(AdapterCluster.Address(5), AddressType.Random, -61, "Sensor", true, true);
        cluster.Source().Current!.Hear(advertisement);
        await cluster.PassAsync(1);
        cluster.Peers.Adapters.Clear();
        cluster.Source().Current!.Hear(advertisement with { Rssi = -80 });
        cluster.Source().Current!.Hear(advertisement);
        cluster.Source().Current!.Hear(advertisement with { Connectable = false, Name = "" });
        await cluster.PassAsync(1);
        Assert.Equal(4, cluster.Peers.Adapters.Count);
        var heard = Assert.Single(cluster.Peers.Adapters.SelectMany(report => report.Heard));
        Assert.Equal(advertisement, heard.Advertisement);
        Assert.InRange(heard.Age, TimeSpan.Zero, TimeSpan.FromSeconds(0.25));
        Assert.All(cluster.Peers.Adapters, report => Assert.Equal(AdapterStatus.Ready, report.State.Status));
    }

    [Fact]
    public async Task The_scheduler_hears_at_once_of_an_address_that_was_silent_and_of_several_together()
    {
        await using var cluster = await AdapterCluster.StartAsync();
        await cluster.ReadyAsync();
        await cluster.PassAsync(0.3);
        cluster.Peers.Adapters.Clear();
        var advertisement = new Advertisement(AdapterCluster.Address(5), AddressType.Random, -61, "Sensor", true, true);
        cluster.Source().Current!.Hear(advertisement);
        await cluster.SettleAsync();
        Assert.Equal(advertisement, Assert.Single(Assert.Single(cluster.Peers.Adapters).Heard).Advertisement);

        cluster.Source().Current!.Hear(advertisement);
        foreach (var n in new[] { 6, 7 }) cluster.Source().Current!.Hear(advertisement with { Address = AdapterCluster.Address(n) });
        await cluster.SettleAsync();
        Assert.Single(cluster.Peers.Adapters);
        await cluster.PassAsync(0.05);
        Assert.Equal(2, cluster.Peers.Adapters.Count);
        Assert.Equal([5, 6, 7], cluster.Peers.Adapters.Last().Heard.Select(heard => (int)(heard.Advertisement.Address.Value & 0xFF) / 16).Order());
    }

    [Fact]
    public async Task The_scheduler_hears_at_once_when_a_slot_is_free_and_when_the_radio_is_gone()
    {
        await using var cluster = await AdapterCluster.StartAsync();
        var adapter = await cluster.ReadyAsync();
        await adapter.BeginAsync(await cluster.OrderAsync());
        var attempt = await cluster.Attempts.NextAsync();
        await cluster.PassAsync(1);
        cluster.Peers.Adapters.Clear();
        attempt.End.SetResult(new(true));
        await ComesAsync(cluster, report => report.State.Slots.IsEmpty);
        cluster.Source().Current!.Lose();
        await ComesAsync(cluster, report => report.State.Status == AdapterStatus.Recovering);
        await cluster.UntilAsync(() => cluster.Peers.Adapters.Any(report => report.Deaf), "what it heard no longer counts");
    }

    [Fact]
    public async Task Transfers_show_where_they_are_and_how_fast()
    {
        await using var cluster = await AdapterCluster.StartAsync();
        var adapter = await cluster.ReadyAsync();
        var order = await cluster.OrderAsync();
        await adapter.BeginAsync(order);
        var attempt = await cluster.Attempts.NextAsync();
        attempt.Observer.ImageStarted(0);
        attempt.Observer.PhaseChanged(Fleet.Updates.UpdatePhase.Sending);
        for (var n = 0; n < 20; n++)
        {
            attempt.Observer.Sent(0, n * 4096, 4096);
            attempt.Observer.Confirmed(0, (n + 1) * 4096, 0);
            await cluster.PassAsync(0.5);
        }

        var transfer = Assert.Single(cluster.Peers.Adapters.Last().Transfers);
        Assert.Equal((AdapterCluster.Campaign, order.Device.Id, 1, DevicePhase.Sending, 20 * 4096L),
            (transfer.Campaign, transfer.Device, transfer.Attempt, transfer.Phase, transfer.Confirmed));
        Assert.Equal(20 * 4096, transfer.Traffic.Sent);
        Assert.InRange(transfer.Rate, 4096, 16384);
        Assert.InRange(cluster.Peers.Adapters.Last().Rate, 6000, 10000);
    }

    [Fact]
    public async Task What_links_showed_reaches_the_campaign_even_if_it_was_away()
    {
        await using var cluster = await AdapterCluster.StartAsync();
        var adapter = await cluster.ReadyAsync();
        await adapter.BeginAsync(await cluster.OrderAsync());
        var attempt = await cluster.Attempts.NextAsync();
        cluster.Peers.CampaignsAreAway = new TimeoutException("its silo is gone");
        await cluster.PassAsync(1);
        attempt.Link.Close(Protocol.Links.LinkClosure.SupervisionTimeout);
        await cluster.PassAsync(2);
        cluster.Peers.CampaignsAreAway = null;
        await cluster.UntilAsync(() => !cluster.Peers.Learned.IsEmpty, "it is told again");
        var (campaign, e) = Assert.Single(cluster.Peers.Learned);
        Assert.Equal(AdapterCluster.Campaign, campaign);
        Assert.True(Assert.IsType<CampaignEvent.LinkEnded>(e).Dropped);
    }

    private static AdapterState Stored(AdapterCluster cluster) =>
        FleetJson.Read<AdapterState>(cluster.Storage.Json(cluster.Adapter().GetGrainId())!);

    private static async Task ComesAsync(AdapterCluster cluster, Func<AdapterReport, bool> report)
    {
        var at = cluster.Time.Elapsed;
        while (!cluster.Peers.Adapters.Any(report)) await cluster.SettleAsync();
        Assert.Equal(at, cluster.Time.Elapsed);
    }
}
