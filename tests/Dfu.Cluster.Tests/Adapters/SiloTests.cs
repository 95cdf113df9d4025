using Dfu.Cluster.Tests.Support;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Updates;
using Dfu.Grains;
using Dfu.Protocol.Errors;
using Microsoft.Extensions.DependencyInjection;

namespace Dfu.Cluster.Tests.Adapters;

public sealed class SiloTests
{
    private const int RadiosPerSilo = 20;

    [Fact]
    public async Task Sixty_radios_stay_on_their_three_silos_whoever_calls_and_whoever_dies()
    {
        await using var cluster = await AdapterCluster.StartAsync(silos: 3, radios: RadiosPerSilo);
        var silos = cluster.Cluster.Silos.ToArray();
        var management = silos[0].ServiceProvider.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0);
        foreach (var silo in silos)
        {
            for (var radio = 0; radio < RadiosPerSilo; radio++)
            {
                var adapter = cluster.Adapter(silo.Name, radio);
                Assert.Equal(new AdapterOpening(), await adapter.OpenedAsync().Soon());
                Assert.Equal(silo.SiloAddress, await management.GetActivationAddress(adapter));
                Assert.Equal(1, cluster.Source(silo.Name, radio).Openings);
            }
        }

        var dead = silos[2];
        await cluster.Cluster.KillSiloAsync(dead);
        await Task.WhenAll(Enumerable.Range(0, RadiosPerSilo).Select(async radio =>
        {
            var adapter = silos[radio % 2].ServiceProvider.GetRequiredService<IGrainFactory>().GetGrain<IAdapterGrain>(
                AdapterId.Of(dead.Name, $"fake:{radio}"));
            var refused = await Assert.ThrowsAsync<OrleansException>(() => adapter.GetAsync().Soon());
            Assert.Contains(dead.Name, refused.Message, StringComparison.Ordinal);
            Assert.Null(await management.GetActivationAddress(adapter));
        }));

        await cluster.RestartAsync(dead);
        for (var radio = 0; radio < RadiosPerSilo; radio++) Assert.Equal(new AdapterOpening(), await cluster.Adapter(dead.Name, radio).OpenedAsync().Soon());
        Assert.All(silos[..2], silo => Assert.Equal(1, cluster.Source(silo.Name).Openings));
    }

    [Fact]
    public async Task An_id_without_a_silo_is_refused_by_name()
    {
        await using var cluster = await AdapterCluster.StartAsync();
        var error = await Assert.ThrowsAsync<OrleansException>(() => cluster.Cluster.Client.GetGrain<IAdapterGrain>("hci0").GetAsync().Soon());
        Assert.Contains("'hci0'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silo_that_stops_in_order_interrupts_its_attempts_and_reports_that_before_it_goes()
    {
        await using var cluster = await AdapterCluster.StartAsync(silos: 2);
        var adapter = await cluster.ReadyAsync();
        var order = await cluster.OrderAsync();
        await adapter.BeginAsync(order);
        var attempt = await cluster.Attempts.NextAsync();

        var source = cluster.Source();
        var stopping = cluster.Cluster.StopSiloAsync(cluster.Cluster.Silos[0]);
        while (!stopping.IsCompleted) await cluster.TickAsync();

        await stopping.Soon();
        Assert.Equal(DfuError.Interrupted, cluster.Peers.Device(order.Device.Id).End?.Error);
        Assert.True(attempt.Link.IsClosed);
        Assert.Equal(0, source.Open);
    }

    [Fact]
    public async Task A_stopped_adapter_refuses_and_says_goodbye_to_the_scheduler()
    {
        await using var cluster = await AdapterCluster.StartAsync();
        var adapter = await cluster.ReadyAsync();
        await cluster.PassAsync(0.5);
        await adapter.StopAsync().Soon();
        Assert.Equal(0, cluster.Source().Open);
        Assert.Equal(AttemptAnswer.Refused, await adapter.BeginAsync(await cluster.OrderAsync()));
        await cluster.SettleAsync();
        var last = cluster.Peers.Adapters.Last();
        Assert.Equal((AdapterStatus.Recovering, true), (last.State.Status, last.Deaf));
    }

    [Fact]
    public async Task A_transfer_that_blocks_its_thread_delays_no_turn_of_its_grain()
    {
        await using var cluster = await AdapterCluster.StartOnThreadPoolAsync();
        var adapter = await cluster.ReadyAsync();
        using var mayGoOn = new ManualResetEventSlim();
        using var blocks = new ManualResetEventSlim();
        cluster.Attempts.Before = () =>
        {
            blocks.Set();
            mayGoOn.Wait();
        };
        var order = await cluster.OrderAsync();
        await adapter.BeginAsync(order);
        while (!blocks.IsSet) await cluster.SettleAsync();

        for (var call = 0; call < 100; call++) Assert.Single((await adapter.GetAsync().Soon()).Slots);
        var reports = cluster.Peers.Device(order.Device.Id).Reports.Count;
        await cluster.PassAsync(2);
        Assert.True(cluster.Peers.Device(order.Device.Id).Reports.Count >= reports + 2);
        mayGoOn.Set();
        (await cluster.Attempts.NextAsync()).End.SetResult(new UpdateResult(true));
        await cluster.UntilAsync(() => cluster.Peers.Device(order.Device.Id).End is not null, "it ends like any other");
    }
}
