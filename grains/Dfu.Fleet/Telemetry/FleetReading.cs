using System.Collections.Immutable;
using Dfu.Fleet.Adapters;

namespace Dfu.Fleet.Telemetry;

/// <param name="Id">As the operator wrote it.</param>
/// <param name="SlotsLimit">Transfers at once it takes at present.</param>
/// <param name="Rate">Bytes per second over all its transfers.</param>
public readonly record struct AdapterReading(string Id, AdapterStatus Status, int SlotsUsed, int SlotsLimit, double Rate);

/// <summary>How one part of a fleet stands at this moment: a campaign, an adapter, the scheduler. What it says nothing of is somebody else's.</summary>
public sealed record FleetReading
{
    /// <summary>Devices that wait for a slot, or for the end of a backoff.</summary>
    public int Waiting { get; init; }

    /// <summary>Devices that wait although their bootloader's window has passed.</summary>
    public int Overdue { get; init; }

    /// <summary>Until the first of the waiting devices leaves its bootloader's window; null when none has one that is still open.</summary>
    public TimeSpan? Slack { get; init; }

    public ImmutableArray<AdapterReading> Adapters { get; init; } = [];

    /// <summary>Null for anything but a campaign, and for one that is over.</summary>
    public CampaignReading? Campaign { get; init; }
}
