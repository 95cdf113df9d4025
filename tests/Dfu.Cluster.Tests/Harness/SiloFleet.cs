using System.Collections.Concurrent;
using System.Reflection;
using Dfu.Fleet;
using Dfu.Fleet.Storage;
using Dfu.Grains;
using Dfu.Grains.Adapters;
using Dfu.Grains.Storage;
using Dfu.Silo.Storage.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Runtime.Hosting;
using Orleans.TestingHost;

namespace Dfu.Cluster.Tests.Harness;

/// <summary>Silos over one SQLite file; the room's radios are dealt out to them in turn.</summary>
internal sealed class SiloFleet(int silos, RoomSettings settings, FleetPolicy policy) : FleetUnderTest(settings, policy)
{
    private static readonly TimeSpan LongestDeath = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestEnd = TimeSpan.FromSeconds(45);

    private readonly ConcurrentDictionary<(string Silo, string Campaign), ITrafficLedger> _ledgers = new();
    private readonly ConcurrentDictionary<string, HostProcess> _processes = new();
    private readonly ConcurrentDictionary<string, InProcessSiloHandle> _silos = new();
    private readonly List<GrainFleet> _fleets = [];
    private SqliteGrainStorage? _database;
    private InProcessTestCluster? _cluster;

    /// <summary>Configures every silo further.</summary>
    public Action<string, ISiloBuilder>? Configure { get; init; }
    public Action<IClientBuilder>? ConfigureClient { get; init; }

    /// <summary>A silo is to die: the others have to find out within seconds. Else one that got no processor for so long would be taken for dead.</summary>
    public bool SilosDie { get; init; }

    /// <summary>The clock on the wall of every host; the room's when null.</summary>
    public TimeProvider? Wall { get; init; }

    public FleetTimes Times { get; init; } = new FleetTimes().Scaled(settings.Scale);
    public InProcessTestCluster Cluster => _cluster ?? throw new InvalidOperationException("it is not open");
    public WatchedStorage Storage { get; private set; } = null!;
    public IGrainFactory Grains => Cluster.Client;

    public override string AdapterId(int radio) => Dfu.Fleet.Peers.AdapterId.Of(SiloOf(radio), Room.Radios[radio].Id);

    public static string SiloName(int number) => $"Silo_{number}";

    /// <summary>The run of a silo's program that is going on, or was last.</summary>
    public HostProcess Process(int silo) => _processes[SiloName(silo)];

    public override async Task<IFleet> OpenAsync()
    {
        _database = SqliteGrainStorage.Open(Directory.Path);
        Storage = new WatchedStorage(_database);
        var builder = new InProcessTestClusterBuilder((short)silos);
        builder.ConfigureSilo((options, silo) => ConfigureSilo(options.SiloName, silo));

        if (ConfigureClient is { } client) builder.ConfigureClient(client);

        // The directory that hosts have: a part of it dies with each silo. Not the test cluster's own, which nothing public turns off.
        typeof(InProcessTestClusterOptions).GetProperty("UseTestClusterGrainDirectory", BindingFlags.NonPublic | BindingFlags.Instance)!.SetValue(
            builder.Options, false);
        _cluster = builder.Build();
        await _cluster.DeployAsync();
        foreach (var silo in _cluster.Silos) _silos[silo.Name] = silo;
        await Grains.GetGrain<IFleetGrain>(0).WakeAsync();
        return Follow();
    }

    /// <summary>Another caller of the same cluster.</summary>
    public GrainFleet Follow()
    {
        var fleet = new GrainFleet(Grains, TimeProvider.System, TimeSpan.FromSeconds(0.05));
        _fleets.Add(fleet);
        return fleet;
    }

    public override async Task CloseAsync()
    {
        if (_cluster is null) return;
        await StopFollowingAsync();
        await LeaveAsync();
    }

    public override async Task AbandonAsync()
    {
        await StopFollowingAsync();
        for (var silo = 0; silo < silos; silo++) await KillAsync(silo);
        await LeaveAsync();
    }

    /// <summary>Kills a silo and with it its process: radios go silent at once.</summary>
    public async Task KillAsync(int silo)
    {
        await Process(silo).DieAsync();
        try
        {
            await KillSiloOnlyAsync(silo, LongestDeath);
        }
        catch (TimeoutException)
        {
            // Nothing of it answers any more, so what Orleans disposes at last may wait for ever; the others have seen it go.
        }
    }

    /// <summary>Kills a silo, but what it began on radios goes on as if it had only lost its network.</summary>
    public async Task KillSiloOnlyAsync(int silo, TimeSpan? atMost = null)
    {
        if (_silos.TryRemove(SiloName(silo), out var handle))
            await InTimeAsync(Cluster.KillSiloAsync(handle), atMost ?? LongestEnd, $"the death of {handle.Name}");
    }

    /// <summary>A killed silo's program is started again.</summary>
    public async Task ReturnAsync(int silo) => _silos[SiloName(silo)] = await Cluster.StartSiloAsync(silo, Cluster.Options);

    public override async ValueTask DisposeAsync()
    {
        await CloseAsync();
        await base.DisposeAsync();
    }

    private string SiloOf(int radio) => SiloName(radio % silos);

    private void ConfigureSilo(string name, ISiloBuilder silo)
    {
        var process = new HostProcess(Room, name, Enumerable.Range(0, Room.Radios.Count).Where(radio => SiloOf(radio) == name));
        _processes[name] = process;
        silo.Services.AddGrainStorage(StorageNames.State, (_, _) => Storage);
        silo.Services.AddSingleton(process.Grains(Times, Policy, campaign => Ledger(name, campaign), Wall));
        silo.AddAdapterGrains();
        silo.Services.AddSingleton<PlacementStrategy, RandomPlacement>();
        silo.Configure<ClusterMembershipOptions>(options =>
        {
            if (!SilosDie)
            {
                options.ProbeTimeout = options.MinProbeTimeout = options.MaxProbeTimeout = LongestEnd;
                return;
            }

            (options.ProbeTimeout, options.MinProbeTimeout) = (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
            options.MaxProbeTimeout = TimeSpan.FromSeconds(3);
            (options.NumMissedProbesLimit, options.NumVotesForDeathDeclaration) = (3, 1);
        });
        Configure?.Invoke(name, silo);
    }

    /// <summary>Counts of a host outlive its program.</summary>
    private ITrafficLedger Ledger(string silo, string campaign) => _ledgers.GetOrAdd((silo, campaign), static key =>
    {
        var ledger = new InMemoryTrafficLedger();
        ledger.Begin(key.Campaign);
        return ledger;
    });

    private static async Task InTimeAsync(Task ending, TimeSpan atMost, string what)
    {
        try
        {
            await ending.WaitAsync(atMost, TimeProvider.System);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"not within {atMost.TotalSeconds:0} s: {what}");
        }
    }

    private async Task StopFollowingAsync()
    {
        foreach (var fleet in _fleets) await fleet.DisposeAsync();
        _fleets.Clear();
    }

    private async Task LeaveAsync()
    {
        var cluster = Cluster;
        _cluster = null;
        await InTimeAsync(cluster.StopClusterClientAsync(), LongestEnd, "the end of the client");
        foreach (var silo in _silos.Values) await InTimeAsync(cluster.StopSiloAsync(silo), LongestEnd, $"the end of {silo.Name}");
        _silos.Clear();
        await InTimeAsync(cluster.DisposeAsync().AsTask(), LongestEnd, "the end of the cluster");
        _processes.Clear();
        _database!.Dispose();
    }
}
