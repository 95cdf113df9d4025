using Dfu.Adapters.Simulated.Time;
using Dfu.Adapters;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Storage;
using Dfu.Fleet.Updates;
using Dfu.Fleet;
using Dfu.Grains.Retention;
using Dfu.Grains.Storage;
using Dfu.Grains;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Timing;
using Dfu.Silo.Silos;
using Dfu.Silo.Storage.Files;
using Dfu.Silo.Storage.Sqlite;
using Dfu.Silo.Storage;
using Dfu.Silo.Telemetry;
using Microsoft.Extensions.DependencyInjection;

namespace Dfu.Silo.Flash;

/// <summary>A silo of its own for one campaign: what <c>dfu flash</c> and <c>dfu demo</c> run.</summary>
internal sealed class CampaignSilo : IAsyncDisposable
{
    /// <summary>The same in every run, for the states of its adapters are stored under it.</summary>
    private const string Name = "host";

    /// <summary>In real time, for what is not heard because this process is busy.</summary>
    private static readonly TimeSpan LeastPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(0.1);

    /// <summary>How long the last things of a finished campaign may take: its name in the directory, the end of the last reports.</summary>
    private static readonly TimeSpan LastThings = TimeSpan.FromSeconds(3);

    private readonly FleetSilo _silo;
    private readonly StorageWatch _storage;
    private readonly IReadOnlyList<IAdapterSource> _sources;
    private readonly IReadOnlyList<IDisposable> _owned;
    private readonly TimeProvider _real;
    private GrainFleet? _fleet;
    private CampaignView? _view;
    private CampaignView? _beforeStop;

    private CampaignSilo(
        FleetHost host, StorageWatch storage, Action<ISiloBuilder> addStorage, IReadOnlyList<IDisposable> owned, LineLog? log, TimeProvider real)
    {
        (_storage, _sources, _owned, _real) = (storage, host.Sources, owned, real);
        _silo = FleetSilo.Build(
            new()
            {
                Host = host,
                Log = log,
                ClusterId = $"campaign-{Guid.NewGuid():n}",
                Cluster = (silo, endpoint) =>
                {
                    silo.UseDevelopmentClustering(endpoint);
                    addStorage(silo);
                },
            },
            real);
    }

    /// <summary>Keeps its state in a data directory that the caller has locked.</summary>
    /// <exception cref="DfuException">DataDirectoryForeign or DataDirectoryUnusable.</exception>
    public static CampaignSilo Open(
        string directory, IReadOnlyList<IAdapterSource> sources, FlashSettings settings, LineLog? log, TimeProvider time)
    {
        var packages = new PackageCache(Path.Combine(directory, "packages"), time, settings.CacheSize);
        var storage = SqliteGrainStorage.Open(directory);
        if (storage.Upgraded is { } upgraded) settings.Say(upgraded.ToString());
        var ledgers = new LateLedgers(new(Path.Combine(directory, "ledgers")), failure => settings.Say(failure.Message));
        var host = new FleetHost
        {
            Silo = Name,
            Policy = new FleetPolicy(),
            Time = new SteadyTime(time),
            Wall = time,
            Times = FleetTimes.Alone,
            Runner = UpdateRun.RunAsync,
            Sources = sources,
            OpensAtStart = false,
            Ledger = ledgers.For,
            Packages = packages,
            Retention = settings.Retention,
            GiveBack = async cancellationToken =>
            {
                await packages.TrimAsync(cancellationToken);
                await storage.GiveBackAsync(cancellationToken);
            },
        };
        var watch = new StorageWatch(settings.Storage(storage));
        return new CampaignSilo(host, watch, silo => silo.AddGrainStorage(StorageNames.State, watch), [ledgers, storage], log, time);
    }

    /// <param name="pump">Runs the radios, and is their clock.</param>
    public static CampaignSilo Simulate(IReadOnlyList<IAdapterSource> sources, VirtualTime pump, LineLog? log = null)
    {
        var ledgers = new Dictionary<string, ITrafficLedger>();
        var scale = pump.Scale ?? 1;
        var host = new FleetHost
        {
            Silo = Name,
            Policy = new FleetPolicy(),
            Time = pump,
            Times = FleetTimes.Alone.Scaled(scale),
            Runner = UpdateRun.RunAsync,
            Sources = sources,
            OpensAtStart = false,
            Ledger = campaign =>
            {
                lock (ledgers) return ledgers.TryGetValue(campaign, out var ledger) ? ledger : ledgers[campaign] = new InMemoryTrafficLedger();
            },
            Packages = new PackageMemory(),
            OnRadio = pump.Post,
        };
        var watch = new StorageWatch(new ProcessStorage());
        return new CampaignSilo(host, watch, silo => silo.AddGrainStorage(StorageNames.State, watch), [], log, TimeProvider.System);
    }

    /// <summary>What a campaign in virtual time may do.</summary>
    public static CampaignLimits LimitsOf(VirtualTime pump) => new() { Patience = LeastPatience * (pump.Scale ?? 1) };

    /// <summary>Starts the silo, which takes time and needs no radio; <see cref="RunAsync"/> does it otherwise.</summary>
    public Task PrepareAsync(CancellationToken stop) => _silo.StartAsync(stop);

    /// <summary>The latest view, null before the first; callable from any thread.</summary>
    public CampaignView? Snapshot()
    {
        try
        {
            if ((Volatile.Read(ref _fleet)?.Snapshot() ?? Volatile.Read(ref _view)) is not { } view) return null;

            // That radios are let go of in the end is no news.
            return PlainIds.Of(Volatile.Read(ref _beforeStop) is { } before ? view with { Adapters = before.Adapters } : view, Name, _sources);
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Runs the campaign until every device has its outcome, or until told to stop; then everything is saved and no link is open.</summary>
    /// <exception cref="DfuException">CampaignConflict, AdapterNotFound, AdapterInUse, DataDirectoryUnusable.</exception>
    public async Task<CampaignView> RunAsync(CampaignRequest request, CancellationToken stop)
    {
        try
        {
            await _silo.StartAsync(stop);
            await CampaignAsync(request, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Before the campaign was taken up: all there is to show is what earlier runs did.
            return (Snapshot() ?? new CampaignView { Id = "", PackageId = request.Package.Id }) with { Outcome = CampaignOutcome.Interrupted };
        }
        catch (Exception e) when (_storage.Failure is not null && e is not OutOfMemoryException)
        {
            throw _storage.Failure;
        }
        finally
        {
            // Here, for radios in virtual time have a clock only as long as this runs.
            if (_fleet is not null) await _fleet.DisposeAsync();
            await _silo.StopAsync(_storage.Failure is null ? null : FleetSilo.BrokenStopTimeout);
        }

        return Snapshot()!;
    }

    public async ValueTask DisposeAsync()
    {
        await _silo.DisposeAsync();
        foreach (var one in _owned) one.Dispose();
        _storage.Dispose();
    }

    private async Task CampaignAsync(CampaignRequest request, CancellationToken stop)
    {
        var earlier = new EarlierCampaigns(_silo.Grains);
        var same = await earlier.LookAsync(request);
        Task? keeping = null;
        if (same is { Outcome: not CampaignOutcome.Running })
        {
            // It counts unless it is among what is deleted.
            await (keeping = KeepAsync(stop));
            same = await earlier.LookAsync(request);
        }

        _view = same;
        var fleet = new GrainFleet(_silo.Grains, _real, Poll);
        var done = same is { Outcome: CampaignOutcome.Succeeded } && !EarlierCampaigns.MayGrow(request.Targets, same);
        if (!done) await Task.WhenAll(OpenAdaptersAsync(stop), fleet.StoreAsync(request));
        var view = await fleet.StartAsync(request, stop);
        Volatile.Write(ref _fleet, fleet);
        if (done)
        {
            if (view.Outcome == CampaignOutcome.Succeeded) return;
            await OpenAdaptersAsync(stop);
        }

        keeping ??= KeepAsync(stop);
        await FinishAsync(fleet, earlier, stop);
        await keeping;
    }

    /// <summary>Deletes what was kept for long enough. What takes too long goes on meanwhile, and what is left is the next run's.</summary>
    private async Task KeepAsync(CancellationToken stop)
    {
        var keeping = _silo.Services.GetRequiredService<RetentionHost>().RunAsync(stop);
        try
        {
            await keeping.WithinAsync(LastThings, _real, stop);
        }
        catch (TimeoutException)
        {
            Background.Run("delete what was kept for long enough", keeping);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The next run does it.
        }
    }

    /// <summary>Waits for the campaign's end, the operator's word or the storage's failure, and lets go of the radios.</summary>
    private async Task FinishAsync(GrainFleet fleet, EarlierCampaigns campaigns, CancellationToken stop)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(stop, _storage.Failed);
        try
        {
            var view = await fleet.WaitAsync(waiting.Token);
            await campaigns.WrittenAsync(view.Id, LastThings, _real);
        }
        catch (Exception e) when ((e is OperationCanceledException && waiting.IsCancellationRequested) || _storage.Failure is not null)
        {
            // The silo's last view says how far it came.
        }

        Volatile.Write(ref _beforeStop, fleet.Snapshot());
        if (_storage.Failure is { } failure)
        {
            await _silo.StopAdaptersAsync(LastThings);
            throw failure;
        }

        await _silo.StopAdaptersAsync(FleetSilo.AdapterStopTimeout);
        if (stop.IsCancellationRequested) await Task.Delay(Poll * 3, _real, CancellationToken.None);
        await fleet.RefreshAsync();
    }

    private async Task OpenAdaptersAsync(CancellationToken stop)
    {
        if (_sources.Count == 0) throw new DfuException(DfuError.AdapterNotFound, "no adapter was given");
        _silo.OpenAdapters();
        using var registration = stop.Register(() => Background.Run("stop the adapters", _silo.StopAdaptersAsync(LastThings)));
        var openings = await Task.WhenAll(_silo.Adapters.Select(static adapter => FleetSilo.OpenedAsync(adapter))).WaitAsync(stop);
        var refusals = openings.Select(static opening => opening.Error == DfuError.None ? null : new DfuException(opening.Error, opening.Detail)).ToList();
        if (OpeningRefusal.Of(refusals, refusals.Contains(null)) is not { } refused) return;
        await _silo.StopAdaptersAsync(LastThings);
        throw refused;
    }
}
