using Dfu.Fleet.Orders;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Threading.Channels;
using Dfu.Adapters;
using Dfu.Fleet;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Attempts;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Scheduling;
using Dfu.Fleet.Telemetry;
using Dfu.Protocol.Errors;
using Dfu.Simulation.Storage;

namespace Dfu.Simulation.Engine;

/// <summary>The fleet's decisions in one process: the machines in one loop over one store, for simulation.</summary>
public sealed class FleetEngine : IFleet, IAsyncDisposable
{
    private readonly FleetStore _store;
    private readonly FleetPolicy _policy;
    private readonly TimeProvider _time;
    private readonly UpdateRunner _runner;
    private readonly PlanMaker _plan;
    private readonly Channel<EngineEvent> _events = Channel.CreateUnbounded<EngineEvent>(new() { SingleReader = true });
    private readonly HeardDevices _heardDevices = new();
    private readonly AdapterHost[] _hosts;
    private readonly Broadcast<CampaignView> _over = new();
    private CampaignView? _view;
    private Task _running = Task.CompletedTask;
    private Activity? _campaign;
    private IDisposable? _gauges;
    private bool _started;

    /// <param name="plan">Decides in place of the product's own planning.</param>
    /// <exception cref="DfuException">InvalidArgument when a source is given twice.</exception>
    public FleetEngine(
        FleetStore store, IReadOnlyList<IAdapterSource> sources, FleetPolicy policy, TimeProvider time, UpdateRunner runner, PlanMaker? plan = null)
    {
        if (sources.GroupBy(source => source.Id).FirstOrDefault(group => group.Count() > 1) is { } doubled)
            throw new DfuException(DfuError.InvalidArgument, $"the adapter {doubled.Key} is given twice");
        _store = store;
        _policy = policy;
        _time = time;
        _runner = runner;
        _plan = plan ?? (static (adapters, queued, now) => Planning.Plan(adapters, queued, [], now));
        _hosts = [.. sources.Select((source, index) => new AdapterHost(source, new RadioToEngine(index, _heardDevices, time, Post), time, policy))];
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
        var decision = _store.Directory.Decide(request.Package.Id, request.Targets, request.Restart, _time.GetUtcNow(), request.Only);
        if (decision is CampaignDecision.Refused refused) throw new DfuException(refused.Error, refused.Detail);
        var accepted = (CampaignDecision.Accepted)decision;
        var stored = accepted.GoesOn ? _store.Load(accepted.Entry.Campaign) : null;
        if (stored is { Campaign.IsSettled: true })
        {
            ShowStored(stored);
            return Snapshot();
        }

        try
        {
            await OpenAdaptersAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (stored is not null)
        {
            ShowStored(stored);
            throw;
        }

        try
        {
            var loop = Prepare(stored ?? Begin(request, accepted), request, accepted.GoesOn);
            loop.Begin();
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

    private StoredCampaign Begin(CampaignRequest request, CampaignDecision.Accepted accepted)
    {
        var now = _time.GetUtcNow();
        var sent = request.Package.Only(request.Only);
        ImmutableArray<long> sizes = [.. sent.Images.Select(static image => (long)image.Firmware.Length)];
        var campaign = CampaignState.New(accepted.Entry, request.Targets, sizes, sent.Images[0].HwVersion, now) with
        {
            Plan = request.Plan with { Force = request.Plan.Force || request.Restart },
        };
        var begun = new StoredCampaign(campaign, [.. campaign.Devices.Select(device =>
            DeviceState.New(device, sizes, now).Knowing(_store.Passports.GetValueOrDefault(device) ?? new(), campaign.Plan.Finish))]);
        _store.Begin(accepted.Next, begun);
        return begun;
    }

    private FleetLoop Prepare(StoredCampaign stored, CampaignRequest request, bool goesOn)
    {
        var now = _time.GetUtcNow();
        var campaign = stored.Campaign.Knowing(_store.Directory.Classes);
        var adapters = _hosts.Select(host => new AdapterState { Id = host.Id, Epoch = 1 }).ToArray();
        var machines = new FleetMachines(campaign, stored.Devices.Select(device => DeviceMachine.TakeUp(device, now, _policy)), adapters, _policy)
        {
            Passports = _store.Passports,
        };
        _store.Ledger.Begin(campaign.Id);
        machines.Apply(new CampaignEvent.RunStarted(machines.Campaign.Run + 1, now), now);
        foreach (var device in machines.Devices.Values.ToArray()) TakeUp(machines, device, now);
        if (goesOn) TakeUp(machines, now);
        if (machines.Campaign.Stage == CampaignStage.Collecting) _heardDevices.Collect(CampaignTargets.Wanted(campaign.NameGlob));

        _campaign = FleetActivities.StartCampaign(campaign.Id, campaign.PackageId, goesOn, _time);
        _gauges = FleetGauges.Add(() => Volatile.Read(ref _view) is { } view ? Reading(view) : null);
        var sent = request.Package.Only(request.Only);
        var parts = new FleetLoopParts(machines, _hosts, _heardDevices, _store, _runner, sent, _policy, _time, goesOn, _campaign?.Id, _plan);
        return new FleetLoop(parts, _events.Reader, Post, Show);
    }

    /// <summary>What grains do when they are activated: nothing of the process before this one runs any more.</summary>
    private void TakeUp(FleetMachines machines, DeviceState device, DateTimeOffset now)
    {
        _heardDevices.Know(device, machines.Campaign.NamedByApplication);
        _store.Ledger.Slot(device.Id).AtLeast(device.Traffic);
        if (device.Running) machines.Apply(device.Id, new DeviceEvent.Interrupted(device.Attempt, now), now);
    }

    private static void TakeUp(FleetMachines machines, DateTimeOffset now)
    {
        machines.Apply(new CampaignEvent.TakenUp(machines.Campaign.Run + 1, now), now);
        foreach (var (device, run) in machines.Campaign.Retrying) machines.Apply(device, new DeviceEvent.RetryRequested(now, run), now);
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

    private void ShowStored(StoredCampaign stored)
    {
        _store.Ledger.Begin(stored.Campaign.Id);
        foreach (var device in stored.Devices) _store.Ledger.Slot(device.Id).AtLeast(device.Traffic);
        var machines = new FleetMachines(stored.Campaign, stored.Devices, [], _policy);
        Show(new FleetViews(_heardDevices, _store.Ledger, _time).Build(machines, goesOn: true, interrupted: false));
    }

    private async Task CloseAdaptersAsync()
    {
        var closings = _hosts.Select(host => host.DisposeAsync().AsTask()).ToArray();
        foreach (var closing in closings) await closing;
    }

    private static FleetReading Reading(CampaignView view) => new()
    {
        Waiting = view.Devices.Count(static device => device.Phase is DevicePhase.Queued or DevicePhase.BackingOff),
        Adapters = [.. view.Adapters.Select(static adapter => new AdapterReading(adapter.Id, adapter.Status, adapter.Active, adapter.Limit, adapter.Rate))],
    };
}
