using System.Collections.Immutable;
using System.Threading.Channels;
using Dfu.Fleet;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Attempts;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Scheduling;
using Dfu.Fleet.Updates;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Timing;
using Dfu.Simulation.Storage;

namespace Dfu.Simulation.Engine;

/// <summary>What the loop works with; one object because all of it comes from the engine.</summary>
internal sealed record FleetLoopParts(
    FleetMachines Machines,
    AdapterHost[] Hosts,
    HeardDevices HeardDevices,
    FleetStore Store,
    UpdateRunner Runner,
    DfuPackage Package,
    FleetPolicy Policy,
    TimeProvider Time,
    bool GoesOn,
    string? TraceParent,
    PlanMaker Plan);

/// <summary>The one place where states change: takes events in, saves, then acts. Everything else only posts events to it.</summary>
internal sealed class FleetLoop
{
    private const int BatchSize = 512;
    private static readonly TimeSpan TickEvery = TimeSpan.FromSeconds(0.25);
    private static readonly TimeSpan PublishEvery = TimeSpan.FromSeconds(0.2);

    /// <summary>A checkpoint is durable this much later at most, and no decision's save has flushed it before.</summary>
    private static readonly TimeSpan CheckpointEvery = TimeSpan.FromSeconds(0.8);

    private readonly FleetLoopParts _parts;
    private readonly FleetMachines _machines;
    private readonly TimeProvider _time;
    private readonly ChannelReader<EngineEvent> _events;
    private readonly Action<EngineEvent> _post;
    private readonly Action<CampaignView> _publish;
    private readonly Dictionary<BluetoothAddress, AttemptRun> _runs = [];
    private readonly List<(TaskCompletionSource Waiting, bool Taken)> _durables = [];
    private readonly GoodputMeter[] _goodput;
    private readonly FleetViews _views;
    private readonly Planner _planner;
    private long _lastSave;
    private long _lastPublish;
    private readonly DateTimeOffset _born;
    private readonly Air _air;
    private bool _stopping;

    public FleetLoop(FleetLoopParts parts, ChannelReader<EngineEvent> events, Action<EngineEvent> post, Action<CampaignView> publish)
    {
        _parts = parts;
        _machines = parts.Machines;
        _time = parts.Time;
        _events = events;
        _post = post;
        _publish = publish;
        _goodput = [.. parts.Hosts.Select(_ => new GoodputMeter(parts.Time))];
        _views = new(parts.HeardDevices, parts.Store.Ledger, parts.Time);
        _planner = new(_machines, parts.HeardDevices, _goodput, _views, parts.Policy, parts.Plan);
        _born = parts.Time.GetUtcNow();
        _air = new(_born);
        _lastSave = _lastPublish = parts.Time.GetTimestamp();
    }

    /// <summary>Saves what taking up the campaign changed, and shows it.</summary>
    public void Begin()
    {
        Commit();
        Publish();
    }

    /// <summary>Runs until it is told to stop and nothing is under way any more.</summary>
    /// <exception cref="DfuException">DataDirectoryUnusable when a save failed; all attempts have been stopped by then.</exception>
    public async Task RunAsync()
    {
        try
        {
            using var timer = _time.CreateTimer(_ => _post(new EngineEvent.Tick()), null, TickEvery, TickEvery);
            while (!(_stopping && _runs.Count == 0) && await _events.WaitToReadAsync())
            {
                for (var taken = 0; taken < BatchSize && _events.TryRead(out var e); taken++) Take(e);
                if (_machines.PlanNeeded && !_stopping) _planner.Plan(_time.GetUtcNow());
                Commit();
                if (_time.GetElapsedTime(_lastPublish) >= PublishEvery || _machines.Campaign.Stage == CampaignStage.Finished) Publish();
            }

            Save();
            Publish();
        }
        catch (Exception)
        {
            await AbandonAsync();
            throw;
        }
    }

    private void Take(EngineEvent e)
    {
        var now = _time.GetUtcNow();
        switch (e)
        {
            case EngineEvent.Device device:
                TakeDevice(device, now);
                break;
            case EngineEvent.Adapter adapter:
                _machines.Apply(adapter.Index, adapter.Event, now);
                break;
            case EngineEvent.Campaign campaign:
                _machines.Apply(campaign.Event, now);
                break;
            case EngineEvent.Found found:
                _machines.Apply(new CampaignEvent.DeviceHeard(_machines.Campaign.Run, found.Address, now), now);
                if (_machines.Devices.ContainsKey(found.Address)) _parts.HeardDevices.AddTarget(found.Address, isApplication: true);
                break;
            case EngineEvent.AttemptEnded ended:
                EndAttempt(ended, now);
                break;
            case EngineEvent.Tick:
                Tick(now);
                break;
            case EngineEvent.Wake:
                _machines.PlanNeeded = true;
                break;
            case EngineEvent.Cancel:
                _machines.Apply(new CampaignEvent.CancelRequested(_machines.Campaign.Run), now);
                break;
            case EngineEvent.Stop:
                _stopping = true;
                foreach (var run in _runs.Values.ToArray()) run.Stop(DfuError.Interrupted);
                break;
        }
    }

    private void TakeDevice(EngineEvent.Device e, DateTimeOffset now)
    {
        var before = _machines.Devices.GetValueOrDefault(e.Id);
        var taken = _machines.Apply(e.Id, e.Event, now);
        if (e.Durable is not null) _durables.Add((e.Durable, taken || Repeats(before, e.Event)));
        if (!taken || before is null) return;
        var after = _machines.Devices[e.Id];
        if (e.Event is DeviceEvent.Identified or DeviceEvent.Mistaken || after.Settled != before.Settled)
            _parts.HeardDevices.Know(after, _machines.Campaign.NamedByApplication);
        if (after.Running && _machines.IndexOf(after.Adapter) is { } adapter) _goodput[adapter].Follow(before, after);
    }

    /// <summary>An event that changes nothing because it was applied before is as durable as it will ever be.</summary>
    private static bool Repeats(DeviceState? state, DeviceEvent e) =>
        state is { Running: true } && e is DeviceEvent.ImageActivated a && a.Attempt == state.Attempt;

    private void EndAttempt(EngineEvent.AttemptEnded e, DateTimeOffset now)
    {
        var run = e.Run;
        if (_runs.TryGetValue(run.Device, out var current) && current == run) _runs.Remove(run.Device);
        var ended = e.Event with { AdapterServedOthers = _machines.Adapters[e.Index].ServesOthers(run.Device, now) };
        _machines.Apply(e.Index, new AdapterEvent.AttemptEnded(run.Adapter.Epoch, _machines.Adapters[e.Index].Turn + 1, ended.Error, now), now);
        _machines.Apply(e.Index, new AdapterEvent.SlotFreed(run.Adapter.Epoch, _machines.Adapters[e.Index].Turn + 1, run.Device, run.Attempt, now), now);
        _machines.Apply(new CampaignEvent.ProbeEnded(run.Device, run.Attempt), now);
        _machines.Apply(run.Device, ended, now);
        _goodput[e.Index].Ended(run.Device, e.Event.Error);
        _machines.PlanNeeded = true;
    }

    private void Tick(DateTimeOffset now)
    {
        _air.Note(_machines.Adapters.Any(static adapter => adapter.Listens), now);
        for (var i = 0; i < _machines.Adapters.Length; i++)
        {
            _machines.Apply(i, new AdapterEvent.Tick(now), now);
            var adapter = _machines.Adapters[i];
            if (_goodput[i].Tick(adapter.Slots.Length, adapter.Limit.Current) is { } sample)
                _machines.Apply(i, new AdapterEvent.Measured(adapter.Epoch, sample, now), now);
        }

        _machines.Apply(new CampaignEvent.Tick(now), now);
        if (!_stopping)
        {
            foreach (var device in _machines.Devices.Values.Where(device => device.Phase is DevicePhase.Queued or DevicePhase.BackingOff).ToArray())
            {
                _machines.Apply(device.Id, _air.Around(device, _parts.HeardDevices, _born, _machines.IndexOf, now), now);
            }

            if (_machines.Campaign.Stage != CampaignStage.Collecting) _parts.HeardDevices.Collect(null);
        }

        _machines.PlanNeeded = true;
    }

    private void Commit()
    {
        var due = _machines.CheckpointPending && _time.GetElapsedTime(_lastSave) >= CheckpointEvery;
        if (_machines.DecisionPending || _durables.Count > 0 || due) Save();
        foreach (var (waiting, taken) in _durables)
        {
            if (taken) waiting.TrySetResult();
            else waiting.TrySetCanceled();
        }

        _durables.Clear();
        foreach (var action in _machines.TakeActions()) Carry(action);
        if (_machines.DecisionPending) Save(); // what could not be begun after all
    }

    private void Save()
    {
        _lastSave = _time.GetTimestamp();
        if (_machines.CheckpointPending) _parts.Store.Save(_machines.Campaign.Id, _machines.TakeChanges());
    }

    private void Carry(EngineAction action)
    {
        switch (action)
        {
            case EngineAction.StartAttempt start:
                Start(start);
                break;
            case EngineAction.StopAttempt stop when _runs.TryGetValue(stop.Device, out var run) && run.Attempt == stop.Attempt:
                run.Stop(stop.Reason);
                break;
            case EngineAction.CarryAdapter adapter when !_stopping || adapter.Effect is AdapterEffect.Close:
                _parts.Hosts[adapter.Index].Carry(adapter.Effect);
                break;
        }
    }

    private void Start(EngineAction.StartAttempt start)
    {
        var device = _machines.Devices[start.Device];
        if (_runs.ContainsKey(start.Device) || device.Attempt != start.Attempt || !device.Running) return;
        if (_stopping || _parts.Hosts[start.Adapter].OpenedAs(start.Epoch) is not { } radio)
        {
            var at = _time.GetUtcNow();
            var turn = _machines.Adapters[start.Adapter].Turn + 1;
            _machines.Apply(start.Adapter, new AdapterEvent.SlotFreed(start.Epoch, turn, start.Device, start.Attempt, at), at);
            _machines.Apply(new CampaignEvent.ProbeEnded(start.Device, start.Attempt), at);
            _machines.Apply(start.Device, new DeviceEvent.Interrupted(start.Attempt, at), at);
            return;
        }

        var reports = new AttemptToEngine(start.Device, start.Adapter, _post);
        var run = new AttemptRun(start.Device, start.Attempt, radio, _parts.Store.Ledger.Slot(start.Device), reports, _time);
        _runs[start.Device] = run;
        var order = UpdateOrders.For(
            device, _parts.Package, CampaignKnowledge.Of(_machines.Campaign, device.Class, device.Probing), _parts.Policy.Transfer) with
        {
            TraceParent = _parts.TraceParent,
            Passport = _machines.PassportOf(device.Id),
            Finish = _machines.Campaign.Plan.Finish,
            Force = _machines.Campaign.Plan.Force || device.Forced,
        };
        Background.Run("run an attempt", run.RunAsync(_parts.Runner, order, _parts.Policy.Link));
    }

    private void Publish()
    {
        _lastPublish = _time.GetTimestamp();
        _publish(_views.Build(_machines, _parts.GoesOn, _stopping));
    }

    /// <summary>The store no longer takes what is decided: nothing more is begun, and what is under way is stopped.</summary>
    private async Task AbandonAsync()
    {
        foreach (var (waiting, _) in _durables) waiting.TrySetCanceled();
        _durables.Clear();
        foreach (var run in _runs.Values) run.Stop(DfuError.Interrupted);
        while (_runs.Count > 0 && await _events.WaitToReadAsync())
        {
            while (_events.TryRead(out var e))
            {
                if (e is EngineEvent.AttemptEnded ended) _runs.Remove(ended.Run.Device);
                else if (e is EngineEvent.Device { Durable: { } durable }) durable.TrySetCanceled();
            }
        }
    }
}
