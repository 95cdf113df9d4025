using System.Collections.Immutable;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Links;

namespace Dfu.Simulation.Storage;

/// <summary>What the store holds of the campaign that was begun last.</summary>
public sealed record StoredFleet(CampaignState Campaign, ImmutableArray<DeviceState> Devices);

/// <summary>States to be written together: all of them or none.</summary>
public sealed record FleetChanges
{
    /// <summary>Null when the campaign itself has not changed.</summary>
    public CampaignState? Campaign { get; init; }
    public ImmutableArray<DeviceState> Devices { get; init; } = [];
    public ImmutableArray<ClassState> Classes { get; init; } = [];
    public ImmutableArray<HistoryEntry> History { get; init; } = [];
}

/// <summary>Where an engine keeps what must survive it. One engine at a time; calls come one after another.</summary>
/// <remarks>
/// Every method is durable when it returns: after a power cut its effect is there, whole. A method that throws has
/// changed nothing. Whatever keeps the store from working is a <see cref="Protocol.Errors.DfuException"/> with DataDirectoryUnusable.
/// </remarks>
public interface IFleetStore : IAsyncDisposable
{
    ITrafficLedger Ledger { get; }

    /// <summary>The campaign begun last with its devices, null when none was.</summary>
    Task<StoredFleet?> LoadAsync(CancellationToken cancellationToken);

    /// <summary>What is known of classes of bootloaders; it outlives campaigns.</summary>
    Task<ImmutableArray<ClassState>> LoadClassesAsync(CancellationToken cancellationToken);

    /// <summary>Makes these states the current campaign. An earlier one is no longer loaded; its history stays.</summary>
    Task BeginAsync(CampaignState campaign, ImmutableArray<DeviceState> devices, CancellationToken cancellationToken);

    /// <summary>Writes changes of the current campaign; devices not yet known are added.</summary>
    Task SaveAsync(FleetChanges changes, CancellationToken cancellationToken);

    /// <param name="id">SHA-256 of the file, 64 lower-case hexadecimal digits.</param>
    Task SavePackageAsync(string id, ReadOnlyMemory<byte> file, CancellationToken cancellationToken);

    /// <summary>The file that was saved under this id; null when there is none or it no longer has that hash.</summary>
    Task<ReadOnlyMemory<byte>?> LoadPackageAsync(string id, CancellationToken cancellationToken);

    /// <summary>The audit trail, oldest first; all campaigns, or of one device.</summary>
    Task<ImmutableArray<HistoryEntry>> LoadHistoryAsync(BluetoothAddress? device, CancellationToken cancellationToken);
}
