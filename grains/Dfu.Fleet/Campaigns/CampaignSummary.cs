using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Storage;

namespace Dfu.Fleet.Campaigns;

/// <summary>The devices of a finished campaign as they were then; they may have gone on to another one since.</summary>
public sealed record CampaignSummary
{
    public const int CurrentVersion = 1;

    [JsonPropertyName("v"), JsonRequired, StoredVersion(nameof(CampaignSummary), CurrentVersion)]
    public int Version { get; init; } = CurrentVersion;

    public ImmutableArray<DeviceView> Devices { get; init; } = [];
}
