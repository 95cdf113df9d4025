using Dfu.Protocol.Packages;
using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Plans;
using Dfu.Fleet.Storage;

namespace Dfu.Fleet.Devices;

/// <summary>A device where each is stored by itself: its state, and the campaign it is or was last part of.</summary>
public sealed record DeviceRecord
{
    public const int CurrentVersion = 1;

    [JsonPropertyName("v"), JsonRequired, StoredVersion(nameof(DeviceRecord), CurrentVersion)]
    public int Version { get; init; } = CurrentVersion;

    public required string Campaign { get; init; }
    public required string PackageId { get; init; }

    /// <summary>The one part of the package that the campaign sends; null for all of it.</summary>
    public ImageType? Only { get; init; }

    /// <summary>W3C trace context of the campaign; null when nobody traces.</summary>
    public string? TraceParent { get; init; }

    /// <summary>W3C trace context of the first span of the device's update; null before its first attempt, when it is over, and when nobody traces.</summary>
    public string? UpdateTrace { get; init; }
    public CampaignLimits Limits { get; init; } = new();
    public FinishPlan Finish { get; init; } = new();

    /// <summary>It is sent the package whatever is known of it.</summary>
    public bool Force { get; init; }
    public required DeviceState Device { get; init; }

    /// <summary>What is known of the device beyond the campaign; stored with what it follows from.</summary>
    public DevicePassport Passport { get; init; } = new();

    /// <summary>The campaign has stored the device's outcome, or is gone: another may have the device.</summary>
    public bool Told { get; init; }

    /// <summary>Names the activation that may accept reports; null when none does.</summary>
    public string? Holder { get; init; }

    /// <summary>The end of its history that is not in <see cref="DeviceHistory"/> yet, so that a decision and its line are one write.</summary>
    public ImmutableArray<HistoryEntry> News { get; init; } = [];

    /// <summary>How many entries there were before <see cref="News"/>.</summary>
    public long NewsFrom { get; init; }
}
