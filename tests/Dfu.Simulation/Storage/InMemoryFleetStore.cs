using System.Collections.Immutable;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Links;

namespace Dfu.Simulation.Storage;

/// <summary>A store for simulation. It keeps states as the JSON a real store would, so that what cannot be stored is noticed.</summary>
public sealed class InMemoryFleetStore : IFleetStore
{
    private readonly Dictionary<BluetoothAddress, string> _devices = [];
    private readonly Dictionary<string, string> _classes = [];
    private readonly Dictionary<string, byte[]> _packages = [];
    private readonly List<HistoryEntry> _history = [];
    private readonly object _gate = new();
    private string? _campaign;

    public ITrafficLedger Ledger { get; } = new InMemoryTrafficLedger();

    public Task<StoredFleet?> LoadAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return Task.FromResult(_campaign is null
                ? null
                : new StoredFleet(FleetJson.Read<CampaignState>(_campaign), [.. _devices.OrderBy(pair => pair.Key).Select(pair => FleetJson.Read<DeviceState>(pair.Value))]));
        }
    }

    public Task<ImmutableArray<ClassState>> LoadClassesAsync(CancellationToken cancellationToken)
    {
        lock (_gate) return Task.FromResult(_classes.Values.Select(FleetJson.Read<ClassState>).ToImmutableArray());
    }

    public Task BeginAsync(CampaignState campaign, ImmutableArray<DeviceState> devices, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _devices.Clear();
            _campaign = FleetJson.Write(campaign);
            foreach (var device in devices) _devices[device.Id] = FleetJson.Write(device);
        }

        return Task.CompletedTask;
    }

    public Task SaveAsync(FleetChanges changes, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (changes.Campaign is not null) _campaign = FleetJson.Write(changes.Campaign);
            foreach (var device in changes.Devices) _devices[device.Id] = FleetJson.Write(device);
            foreach (var entry in changes.Classes) _classes[entry.Key] = FleetJson.Write(entry);
            _history.AddRange(changes.History);
        }

        return Task.CompletedTask;
    }

    public Task SavePackageAsync(string id, ReadOnlyMemory<byte> file, CancellationToken cancellationToken)
    {
        lock (_gate) _packages[id] = file.ToArray();
        return Task.CompletedTask;
    }

    public Task<ReadOnlyMemory<byte>?> LoadPackageAsync(string id, CancellationToken cancellationToken)
    {
        lock (_gate) return Task.FromResult(_packages.TryGetValue(id, out var file) ? file : (ReadOnlyMemory<byte>?)null);
    }

    public Task<ImmutableArray<HistoryEntry>> LoadHistoryAsync(BluetoothAddress? device, CancellationToken cancellationToken)
    {
        lock (_gate) return Task.FromResult(_history.Where(entry => device is null || entry.Device == device).ToImmutableArray());
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
