using System.Collections.Immutable;
using System.Diagnostics;
using System.Threading.Channels;
using Dfu.Adapters;
using Dfu.Fleet.Attempts;
using Dfu.Fleet;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Scheduling;
using Dfu.Fleet.Telemetry;
using Dfu.Protocol.Errors;
using Dfu.Simulation.Storage;

namespace Dfu.Simulation.Engine;

/// <summary>The single-process engine: the machines in one loop over one store. The caller owns the store and disposes it afterwards.</summary>
public sealed class FleetEngine : IFleet, IAsyncDisposable
{
    private readonly IFleetStore _store;
    private readonly FleetPolicy _policy;
    private readonly TimeProvider _time;
    private readonly UpdateRunner _runner;
    private readonly Channel<EngineEvent> _events = Channel.CreateUnbounded<EngineEvent>(new() { SingleReader = true });
    private readonly Hearings _hearings = new();
    private readonly AdapterHost[] _hosts;
    private readonly Broadcast<CampaignView> _over = new();
    private CampaignView? _view;
    private Task _running = Task.CompletedTask;
    private Activity? _campaign;
    private IDisposable? _gauges;
    private bool _started;

    /// <exception cref="DfuException">InvalidArgument when a source is given twice.</exception>
    public FleetEngine(IFleetStore store, IReadOnlyList<IAdapterSource> sources, FleetPolicy policy, TimeProvider time, UpdateRunner runner)
    {
        if (sources.GroupBy(source => source.Id).FirstOrDefault(group => group.Count() > 1) is { } doubled)
            throw new DfuException(DfuError.InvalidArgument, $"the adapter {doubled.Key} is given twice");
        _store = store;
        _policy = policy;
        _time = time;
        _runner = runner;
        _hosts = [.. sources.Select((source, index) => new AdapterHost(source, new AdapterPost(index, _hearings, time, Post), time))];
    }

    /// <remarks>
    /// A device that failed in a finished campaign is tried again when the same request is made again; one that was updated is
    /// left alone. A finished campaign that takes whatever it hears listens again, for devices that came since.
    /// </remarks>
    /// <exception cref="DfuException">
    /// CampaignConflict when the store holds another unfinished campaign; AdapterNotFound or AdapterInUse when no adapter could be
    /// opened or one belongs to somebody else; DataDirectoryUnusable when the store fails.
    /// </exception>
    public async Task<CampaignView> StartAsync(CampaignRequest request, CancellationToken cancellationToken)
    {
        if (_started) throw new InvalidOperationException("an engine runs one campaign");
        _started = true;
        var targets = CampaignTargets.Key(request.Targets);
        var stored = request.Restart ? null : await _store.LoadAsync(cancellationToken);
        var same = stored is not null && stored.Campaign.PackageId == request.Package.Id && stored.Campaign.Targets == targets;
        if (stored is not null && !same && stored.Campaign.Stage != CampaignStage.Finished)
            throw new DfuException(DfuError.CampaignConflict, $"campaign {stored.Campaign.Id} for package {stored.Campaign.PackageId[..12]} is not finished");

        if (same && stored!.Campaign is { Stage: CampaignStage.Finished, Outcome: CampaignOutcome.Succeeded, MayGrow: false })
        {
            ShowStored(stored);
            return Snapshot();
        }

        try
        {
            await OpenAdaptersAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (same)
        {
            ShowStored(stored!);
            throw;
        }

        try
        {
            if (!request.PackageFile.IsEmpty) await _store.SavePackageAsync(request.Package.Id, request.PackageFile, cancellationToken);
            var fleet = same ? stored! : await BeginAsync(request, targets, cancellationToken);
            var loop = Prepare(fleet, request, same, await _store.LoadClassesAsync(cancellationToken));
            await loop.BeginAsync();
            _running = RunAsync(loop);
        }
        catch (Exception)
        {
            _campaign?.Dispose();
            _gauges?.Dispose();
            await CloseAdaptersAsync();
            throw;
        }

        return Snapshot();
    }

    public CampaignView Snapshot() => Volatile.Read(ref _view) ?? throw new InvalidOperationException("no campaign was started");

    /// <exception cref="DfuException">DataDirectoryUnusable when the store failed; what it holds is whole and can be gone on with.</exception>
    public Task<CampaignView> WaitAsync(CancellationToken cancellationToken) => _over.WaitAsync(cancellationToken);

    /// <summary>Cancels every device that has no outcome yet; <see cref="WaitAsync"/> returns when the last transfer has stopped.</summary>
    public void Cancel() => Post(new EngineEvent.Cancel());

    /// <summary>Stops cleanly: transfers end, links close, everything is saved. The same request goes on later.</summary>
    public async Task StopAsync()
    {
        Post(new EngineEvent.Stop());
        await _running;
        _gauges?.Dispose();
        await CloseAdaptersAsync();
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private void Post(EngineEvent e) => _events.Writer.TryWrite(e);

    private async Task OpenAdaptersAsync(CancellationToken cancellationToken)
    {
        if (_hosts.Length == 0) throw new DfuException(DfuError.AdapterNotFound, "no adapter was given");
        foreach (var host in _hosts) host.Carry(new AdapterEffect.Open(1));
        using var registration = cancellationToken.Register(() =>
        {
            foreach (var host in _hosts) host.Stop();
        });
        DfuException? refused = null;
        var failed = 0;
        foreach (var host in _hosts)
        {
            if (await host.FirstOpening is not { } error) continue;
            failed++;
            if (refused is null || error.Error == DfuError.AdapterInUse) refused = error;
        }

        if (!cancellationToken.IsCancellationRequested && (refused is null || (failed < _hosts.Length && refused.Error != DfuError.AdapterInUse))) return;
        await CloseAdaptersAsync();
        cancellationToken.ThrowIfCancellationRequested();
        throw refused!;
    }

    private async Task<StoredFleet> BeginAsync(CampaignRequest request, string targets, CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        var sizes = request.Package.Images.Select(image => (long)image.Firmware.Length).ToImmutableArray();
        var devices = request.Targets.Addresses.Distinct().ToImmutableArray();
        var earlier = await _store.LoadAsync(cancellationToken);
        var id = $"{now.ToUnixTimeMilliseconds():x}-{request.Package.Id[..Math.Min(8, request.Package.Id.Length)]}";
        var campaign = new CampaignState
        {
            Id = earlier?.Campaign.Id == id ? id + "-again" : id,
            PackageId = request.Package.Id,
            Targets = targets,
            Stage = devices.IsEmpty ? CampaignStage.Collecting : CampaignStage.Running,
            CreatedAt = now,
            RunStartedAt = now,
            All = request.Targets.All,
            NameGlob = request.Targets.NameGlob,
            Count = devices.IsEmpty ? request.Targets.Count : null,
            ScanTime = request.Targets.ScanTime,
            ImageSizes = sizes,
            HwVersion = request.Package.Images[0].HwVersion,
            Devices = devices,
        };
        var fleet = new StoredFleet(campaign, [.. devices.Select(device => DeviceState.New(device, sizes, now))]);
        await _store.BeginAsync(campaign, fleet.Devices, cancellationToken);
        return fleet;
    }

    private FleetLoop Prepare(StoredFleet fleet, CampaignRequest request, bool goesOn, ImmutableArray<ClassState> classes)
    {
        var now = _time.GetUtcNow();
        var campaign = fleet.Campaign with { Classes = classes.Aggregate(fleet.Campaign.Classes, (known, entry) => known.SetItem(entry.Key, entry)) };
        var adapters = _hosts.Select(host => new AdapterState { Id = host.Id, Epoch = 1 }).ToArray();
        var machines = new FleetMachines(campaign, fleet.Devices, adapters, _policy);
        _store.Ledger.Begin(campaign.Id);
        machines.Note(null, "campaign", goesOn ? "goes on" : $"begins: package {campaign.PackageId} for {campaign.Targets}", now);
        machines.Apply(new CampaignEvent.RunStarted(now), now);
        machines.Apply(new CampaignEvent.CollectAgain(), now);
        foreach (var device in fleet.Devices) TakeUp(machines, device, now);
        if (machines.Campaign.Stage == CampaignStage.Collecting) _hearings.Collect(CampaignTargets.Wanted(campaign));

        _campaign = FleetActivities.StartCampaign(campaign.Id, campaign.PackageId, goesOn, _time);
        _gauges = FleetGauges.Add(() => Volatile.Read(ref _view) is { } view ? FleetReading.Of(view) : null);
        var parts = new FleetLoopParts(machines, _hosts, _hearings, _store, _runner, request.Package, _policy, _time, goesOn, _campaign?.Id);
        return new FleetLoop(parts, _events.Reader, Post, Show);
    }

    /// <summary>Brings a stored device to where a new process may go on with it.</summary>
    private void TakeUp(FleetMachines machines, DeviceState device, DateTimeOffset now)
    {
        var collected = machines.Campaign.All || machines.Campaign.NameGlob is not null;
        _hearings.AddTarget(device.Id, collected);
        if (device.Bootloader is { } bootloader) _hearings.Correct(device.Id, device.Application, bootloader, device.Settled);
        foreach (var stranger in device.Strangers) _hearings.Doubt(device.Id, stranger);
        _store.Ledger.Slot(device.Id).AtLeast(device.Traffic);
        if (device.Outcome is DeviceOutcome.Failed or DeviceOutcome.Cancelled)
        {
            machines.Apply(new CampaignEvent.DeviceRetried(device.Id), now);
            machines.Apply(device.Id, new DeviceEvent.RetryRequested(now), now);
        }
        else if (device.Running) machines.Apply(device.Id, new DeviceEvent.Interrupted(device.Attempt, now), now);
        else if (device.Phase == DevicePhase.Done) machines.Apply(new CampaignEvent.DeviceEnded(device.Id, device.Outcome, device.Error), now);
    }

    private async Task RunAsync(FleetLoop loop)
    {
        try
        {
            await loop.RunAsync();
            EndTrace();
            _over.Set(Snapshot());
        }
        catch (Exception e)
        {
            await CloseAdaptersAsync();
            EndTrace();
            _over.Fail(e as DfuException ?? new DfuException(DfuError.Unexpected, $"{e.GetType().Name}: {e.Message}", e));
        }
    }

    private void EndTrace() => FleetActivities.EndCampaign(_campaign, Snapshot().Outcome, Snapshot().Devices.Length, _time);

    private void Show(CampaignView view)
    {
        Volatile.Write(ref _view, view);
        if (view.Outcome is CampaignOutcome.Succeeded or CampaignOutcome.Failed) _over.Set(view);
    }

    private void ShowStored(StoredFleet stored)
    {
        _store.Ledger.Begin(stored.Campaign.Id);
        foreach (var device in stored.Devices) _store.Ledger.Slot(device.Id).AtLeast(device.Traffic);
        var machines = new FleetMachines(stored.Campaign, stored.Devices, [], _policy);
        Show(new FleetViews(_hearings, _store.Ledger, _time).Build(machines, goesOn: true, interrupted: false));
    }

    private async Task CloseAdaptersAsync()
    {
        var closings = _hosts.Select(host => host.DisposeAsync().AsTask()).ToArray();
        foreach (var closing in closings) await closing;
    }
}
