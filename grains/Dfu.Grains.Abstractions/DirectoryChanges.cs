using System.Collections.Immutable;
using Dfu.Fleet.Campaigns;

namespace Dfu.Grains;

/// <summary>How far a follower of the directory has come; default for one that has nothing yet.</summary>
/// <param name="Epoch">The activation the rest is counted by. A follower of an earlier one begins anew.</param>
/// <param name="Change">The last change that it has.</param>
[GenerateSerializer, Immutable, Alias("dfu.directory-cursor")]
public readonly record struct DirectoryCursor([property: Id(0)] Guid Epoch, [property: Id(1)] long Change);

/// <summary>What changed in the directory since a cursor.</summary>
[GenerateSerializer, Immutable, Alias("dfu.directory-changes")]
public sealed record DirectoryChanges
{
    /// <summary>Where to go on from.</summary>
    [Id(0)]
    public required DirectoryCursor Cursor { get; init; }

    /// <summary>As they are now.</summary>
    [Id(1)]
    public ImmutableArray<CampaignEntry> Entries { get; init; } = [];

    [Id(2)]
    public ImmutableArray<string> Deleted { get; init; } = [];
}
