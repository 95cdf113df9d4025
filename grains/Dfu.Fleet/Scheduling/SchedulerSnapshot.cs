using System.Collections.Immutable;
using Dfu.Fleet.Plans;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Scheduling;

/// <summary>How well one adapter hears a device, dBm.</summary>
public readonly record struct HeardBy(int Adapter, int Rssi);

/// <summary>An adapter as the scheduler sees it; its index in the snapshot is its name there.</summary>
/// <param name="Free">Slots it has left, 0 when it is not ready.</param>
/// <param name="Active">Transfers under way.</param>
/// <param name="Connecting">The adapter is connecting, or a device was granted its next connect.</param>
/// <param name="Rate">Bytes per second and transfer it has lately delivered; 0 when not known.</param>
/// <param name="ProtectedFor">Until a transfer ends that a drop would cost in full and that is near its end; null when there is none.</param>
/// <param name="Host">Its host, in <see cref="SchedulerSnapshot.HostLimits"/>.</param>
public sealed record SchedulerAdapter(int Free, int Active, bool Connecting, double Rate, TimeSpan? ProtectedFor, int Host = 0);

/// <summary>What a campaign may have at once, null for no limit, and what it has.</summary>
/// <param name="Active">Its transfers under way, by adapter.</param>
/// <param name="MostPerHost">Over the adapters of one host.</param>
/// <param name="Priority">Among devices that none is urgent of, those of a campaign with a higher one go first.</param>
public sealed record SchedulerCampaign(
    int? Most, int? MostPerAdapter, ImmutableArray<int> Active, int? MostPerHost = null, int Priority = CampaignPlan.UsualPriority);

/// <summary>A device that waits for a slot. Devices that back off, run or are done are not in the snapshot.</summary>
/// <param name="Heard">Adapters that have heard it since its last attempt ended, and lately, and may have it (<see cref="Devices.DeviceBonds"/>).</param>
/// <param name="InBootloader">It waits in its bootloader already.</param>
/// <param name="Deadline">When its bootloader leaves DFU mode; null when not known.</param>
/// <param name="Campaign">Its campaign, in <see cref="SchedulerSnapshot.Campaigns"/>.</param>
/// <param name="Avoids">The adapter of the last attempt, where its trouble was or may have been the adapter's: any other goes first.</param>
public sealed record SchedulerDevice(
    BluetoothAddress Id, ImmutableArray<HeardBy> Heard, bool InBootloader, DateTimeOffset? Deadline, DateTimeOffset WaitingSince,
    int Campaign = 0, int? Avoids = null);

public sealed record SchedulerSnapshot
{
    public required DateTimeOffset Now { get; init; }
    public required ImmutableArray<SchedulerAdapter> Adapters { get; init; }
    public required ImmutableArray<SchedulerDevice> Devices { get; init; }

    /// <summary>Transfers at once over the adapters of each host; null, and what is not there, is no limit.</summary>
    public ImmutableArray<int?> HostLimits { get; init; } = [];

    /// <summary>Campaigns that are not there have no limits.</summary>
    public ImmutableArray<SchedulerCampaign> Campaigns { get; init; } = [];
}

/// <summary>A slot and the next connect of an adapter go to a device.</summary>
public readonly record struct Grant(BluetoothAddress Device, int Adapter);
