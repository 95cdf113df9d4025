using System.Collections.Immutable;
using Dfu.Fleet;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Telemetry;
using Dfu.Protocol.Links;
using Dfu.Simulation.Storage;

namespace Dfu.Simulation.Engine;

/// <summary>All states of one process and the way events travel between their machines. Changes are taken out to be saved before the actions are.</summary>
internal sealed class FleetMachines
{
    private readonly FleetPolicy _policy;
    private readonly Dictionary<string, int> _adapterIndex;
    private readonly HashSet<BluetoothAddress> _changedDevices = [];
    private readonly Dictionary<string, ClassState> _changedClasses = [];
    private readonly List<EngineAction> _actions = [];
    private bool _campaignChanged;

    public FleetMachines(CampaignState campaign, IEnumerable<DeviceState> devices, IReadOnlyList<AdapterState> adapters, FleetPolicy policy)
    {
        Campaign = campaign;
        Devices = devices.ToDictionary(device => device.Id);
        Adapters = [.. adapters];
        _policy = policy;
        _adapterIndex = adapters.Select((adapter, index) => (adapter.Id, index)).ToDictionary(pair => pair.Id, pair => pair.index);
    }

    public CampaignState Campaign { get; private set; }
    public Dictionary<BluetoothAddress, DeviceState> Devices { get; }
    public AdapterState[] Adapters { get; }

    /// <summary>What is known of devices beyond the campaign; the caller's, who may keep them for the next one.</summary>
    public Dictionary<BluetoothAddress, DevicePassport> Passports { get; init; } = [];

    /// <summary>Something changed that must be durable before it has effects.</summary>
    public bool DecisionPending { get; private set; }

    /// <summary>Something changed that may be saved a little later.</summary>
    public bool CheckpointPending => _campaignChanged || _changedDevices.Count > 0 || _changedClasses.Count > 0;

    /// <summary>A device may be granted a slot that could not before.</summary>
    public bool PlanNeeded { get; set; }

    public DevicePassport PassportOf(BluetoothAddress device) => Passports.GetValueOrDefault(device) ?? new();

    public int? IndexOf(string? adapter) => adapter is not null && _adapterIndex.TryGetValue(adapter, out var index) ? index : null;

    /// <returns>Whether the event was taken; false for a late one.</returns>
    public bool Apply(BluetoothAddress device, DeviceEvent e, DateTimeOffset now)
    {
        if (!Devices.TryGetValue(device, out var state)) return false;
        var (next, effects) = DeviceMachine.Apply(state, e, _policy);
        if (ReferenceEquals(next, state) && effects.IsEmpty) return false;
        next = next.OnWall(now);
        Devices[device] = next;
        Passports[device] = DevicePassports.After(PassportOf(device), state, next, e, Campaign.PackageId, now);
        _changedDevices.Add(device);
        DecisionPending |= !e.IsCheckpoint || !effects.IsEmpty;
        if (CampaignMachine.SameAs(Campaign, next, Devices.GetValueOrDefault) is { } same) Apply(same, now);
        foreach (var effect in effects) Route(next, effect, now);
        return true;
    }

    public void Apply(int adapter, AdapterEvent e, DateTimeOffset now)
    {
        var state = Adapters[adapter];
        var (next, effects) = AdapterMachine.Apply(state, e, _policy);
        Adapters[adapter] = next;
        if (next.Free > 0 && (next.Free != state.Free || next.Connecting != state.Connecting)) PlanNeeded = true;
        if (next.Status != state.Status && next.Status == AdapterStatus.Ready) Apply(new CampaignEvent.Listening(Campaign.Run, now), now);
        foreach (var effect in effects)
        {
            if (effect is AdapterEffect.HandOver { Slot: var slot })
                _actions.Add(new EngineAction.StopAttempt(slot.Device, slot.Attempt, Protocol.Errors.DfuError.AdapterLost));
            else if (effect is AdapterEffect.Exonerate exonerate)
                Apply(exonerate.Slot.Device, new DeviceEvent.AdapterBlamed(next.Id, exonerate.Epoch, exonerate.Slot.Attempt), now);
            else _actions.Add(new EngineAction.CarryAdapter(adapter, effect));
        }
    }

    public void Apply(CampaignEvent e, DateTimeOffset now)
    {
        var (next, effects) = CampaignMachine.Apply(Campaign, e, _policy);
        if (ReferenceEquals(next, Campaign) && effects.IsEmpty) return;
        DecisionPending |= !e.IsCheckpoint || next.Stage != Campaign.Stage;
        Campaign = next;
        _campaignChanged = true;
        foreach (var effect in effects) Route(effect, now);
    }

    /// <summary>What changed since the last time, to be saved in one piece.</summary>
    public FleetChanges TakeChanges()
    {
        var changes = new FleetChanges
        {
            Campaign = _campaignChanged ? Campaign : null,
            Devices = [.. _changedDevices.Select(device => Devices[device])],
            Classes = [.. _changedClasses.Values],
        };
        _campaignChanged = false;
        DecisionPending = false;
        _changedDevices.Clear();
        _changedClasses.Clear();
        return changes;
    }

    public ImmutableArray<EngineAction> TakeActions()
    {
        var actions = _actions.ToImmutableArray();
        _actions.Clear();
        return actions;
    }

    private void Route(DeviceState device, DeviceEffect effect, DateTimeOffset now)
    {
        switch (effect)
        {
            case DeviceEffect.RequestSlot:
                PlanNeeded = true;
                break;
            case DeviceEffect.StartAttempt start when IndexOf(start.Adapter) is { } adapter:
                Apply(adapter, new AdapterEvent.SlotTaken(start.Epoch, Adapters[adapter].Turn + 1, device.Id, start.Attempt), now);
                _actions.Add(new EngineAction.StartAttempt(device.Id, adapter, start.Epoch, start.Attempt));
                break;
            case DeviceEffect.LendSlot lend when IndexOf(lend.Adapter) is { } adapter:
                Apply(adapter, new AdapterEvent.SlotFreed(lend.Epoch, Adapters[adapter].Turn + 1, device.Id, lend.Attempt, now), now);
                break;
            case DeviceEffect.RetakeSlot retake when IndexOf(retake.Adapter) is { } adapter:
                Apply(adapter, new AdapterEvent.SlotTaken(retake.Epoch, Adapters[adapter].Turn + 1, device.Id, retake.Attempt), now);
                break;
            case DeviceEffect.ServedElsewhere served when IndexOf(served.Adapter) is { } adapter:
                Apply(adapter, new AdapterEvent.ServedElsewhere(served.Epoch, device.Id, served.Attempt, now), now);
                break;
            case DeviceEffect.StopAttempt stop:
                _actions.Add(new EngineAction.StopAttempt(device.Id, stop.Attempt, stop.Reason));
                break;
            case DeviceEffect.ReportOutcome report:
                FleetMetrics.Ended(device);
                Apply(new CampaignEvent.DeviceEnded(device.Id, report.Outcome, report.Error, device.Run), now);
                break;
        }
    }

    private DeviceState Begin(CampaignEffect.AddDevice add) => 
        DeviceState.New(add.Device, Campaign.ImageSizes, add.At).Knowing(PassportOf(add.Device), Campaign.Plan.Finish);

    private void Route(CampaignEffect effect, DateTimeOffset now)
    {
        switch (effect)
        {
            case CampaignEffect.AddDevice add:
                if (Devices.TryAdd(add.Device, Begin(add))) _changedDevices.Add(add.Device);
                PlanNeeded = true;
                break;
            case CampaignEffect.CancelDevice cancel:
                Apply(cancel.Device, new DeviceEvent.CancelRequested(now, Campaign.Run) { Drain = Campaign.Closing }, now);
                break;
            case CampaignEffect.LetGo gone:
                Devices.Remove(gone.Device);
                _changedDevices.Remove(gone.Device);
                break;
            case CampaignEffect.KeepClass keep:
                _changedClasses[keep.Class.Key] = keep.Class;
                break;
        }
    }
}
