using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Dfu.Fleet.Plans;
using Dfu.Fleet.Storage;

namespace Dfu.Fleet.Campaigns;

/// <summary>What people call the devices of a campaign. Written when the campaign begins, and not with what changes of it.</summary>
public sealed record CampaignLabels
{
    public const int CurrentVersion = 1;

    [JsonPropertyName("v"), JsonRequired, StoredVersion(nameof(CampaignLabels), CurrentVersion)]
    public int Version { get; init; } = CurrentVersion;

    public ImmutableArray<TargetLabel> Labels { get; init; } = [];
}
