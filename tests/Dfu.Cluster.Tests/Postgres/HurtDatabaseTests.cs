using Dfu.Cluster.Tests.Client;
using Dfu.Cluster.Tests.Storage.Kills;
using Dfu.Cluster.Tests.Support;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Grains;
using Dfu.Grains.Storage;
using Dfu.Silo.Storage.Postgres;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Orleans.Storage;

namespace Dfu.Cluster.Tests.Postgres;

/// <summary>With database servers of their own, for they are killed: what they acknowledged is there afterwards, and the fleet goes on.</summary>
public sealed class HurtDatabaseTests : IAsyncLifetime
{
    private const int Devices = 4;
    private const int Image = 24 * 4096;
    private const int Kills = 3;
    private const int Writers = WrittenValue.Grains;
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly PostgresServer _first = new();
    private readonly WrittenValue[] _held = [.. Enumerable.Range(0, Writers).Select(static grain => new WrittenValue(grain, 0, 0))];
    private PostgresServer? _standby;

    public Task InitializeAsync() => _first.InitializeAsync();

    public async Task DisposeAsync()
    {
        if (_standby is not null) await _standby.DisposeAsync();
        await _first.DisposeAsync();
    }

    private async Task<string> InitializedAsync()
    {
        var connection = await _first.CreateDatabaseAsync();
        await PostgresSchema.InitAsync(connection, None);
        return connection;
    }

    private string Both(string connection) => new NpgsqlConnectionStringBuilder(connection)
    {
        Host = $"127.0.0.1:{_first.Port},127.0.0.1:{_standby!.Port}",
        TargetSessionAttributes = "primary",
    }.ToString();

    [PostgresFact]
    public async Task A_database_that_is_killed_while_it_is_written_to_has_all_that_it_acknowledged_and_is_written_to_again_when_it_is_back()
    {
        var connection = await InitializedAsync();
        using var silo = await LocalSilo.StartAsync("one", builder => builder.UsePostgresCluster(connection, StorageNames.State));
        var storage = silo.Services.GetRequiredKeyedService<IGrainStorage>(StorageNames.State);
        for (var kill = 1; kill <= Kills; kill++)
        {
            await WriteUntilKilledAsync(storage, kill, _first.KillAsync, _first.GoOnAsync);
        }

        await silo.StopAsync();
    }

    [PostgresFact]
    public async Task A_standby_that_is_promoted_has_all_that_the_killed_database_acknowledged_and_a_campaign_goes_on_with_it()
    {
        var (fleet, other) = (await InitializedAsync(), await InitializedAsync());
        _standby = await _first.StandbyAsync();
        using var silo = await LocalSilo.StartAsync("one", builder => builder.UsePostgresCluster(Both(other), StorageNames.State));
        await using var member = await Server.StartAsync(Both(fleet), "member", $"sim:devices={Devices},time-scale=4");
        await using var client = new Dfu.Client.FleetClient(new() { ConnectionString = Both(fleet), ViewEvery = TimeSpan.FromSeconds(0.1) });
        await using var campaign = await client.StartAsync(Requests.All(Devices, Image), None);
        await UntilAsync(campaign, static view => view.Devices.Sum(static device => device.BytesConfirmed) >= Devices * Image / 4);

        await WriteUntilKilledAsync(silo.Services.GetRequiredKeyedService<IGrainStorage>(StorageNames.State), 1, _first.KillAsync, _standby.PromoteAsync);
        await silo.StopAsync();
        var end = await campaign.WaitAsync(None).Soon();
        Assert.Equal((CampaignOutcome.Succeeded, Devices), (end.Outcome, end.Devices.Length));
        Assert.All(end.Devices, static device => Assert.True(device.Outcome.IsGood()));
    }

    /// <summary>Writes with all writers until the database is killed, and looks at what is there when it, or another, is back.</summary>
    private async Task WriteUntilKilledAsync(IGrainStorage storage, int run, Func<Task> kill, Func<Task> goOn)
    {
        var acknowledged = new int[Writers];
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var writing = Enumerable.Range(0, Writers).Select(grain => Task.Run(async () =>
        {
            try
            {
                var state = await WrittenValue.ReadAsync(storage, grain);
                while (true)
                {
                    await new WrittenValue(grain, run, acknowledged[grain] + 1).WriteAsync(storage, state);
                    if (++acknowledged[grain] > 3) enough.TrySetResult();
                }
            }
            catch (OrleansException)
            {
                // The database is gone.
            }
        })).ToArray();
        await enough.Task.Soon();
        await kill();
        await Task.WhenAll(writing).Soon();
        await goOn();
        for (var grain = 0; grain < Writers; grain++)
        {
            // What was on the disk when the answer was lost may be there, too.
            var last = acknowledged[grain] == 0 ? _held[grain] : new WrittenValue(grain, run, acknowledged[grain]);
            var next = new WrittenValue(grain, run, acknowledged[grain] + 1);
            _held[grain] = await IsThereAsync(storage, last) ? last : next;
            Assert.True(await IsThereAsync(storage, _held[grain]), $"run {run}: {last} was acknowledged and is not there");
        }
    }

    /// <summary>A database that has just come back may refuse for a moment.</summary>
    private static async Task<bool> IsThereAsync(IGrainStorage storage, WrittenValue value)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                return await value.IsInAsync(storage);
            }
            catch (OrleansException) when (TimeProvider.System.GetElapsedTime(began) < Bounded.Patience)
            {
                await Task.Yield();
            }
        }
    }

    private static async Task UntilAsync(GrainFleet campaign, Func<CampaignView, bool> reached)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!reached(campaign.Snapshot()))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Bounded.Patience);
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }
}
