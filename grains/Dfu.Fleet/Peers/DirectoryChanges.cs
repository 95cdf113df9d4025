using System.Collections.Immutable;
using Dfu.Fleet.Campaigns;

namespace Dfu.Fleet.Peers;

/// <summary>How far a follower of the directory has come; default for one that has nothing yet.</summary>
/// <param name="Epoch">The activation the rest is counted by. A follower of an earlier one begins anew.</param>
/// <param name="Change">The last change that it has.</param>
public readonly record struct DirectoryCursor(Guid Epoch, long Change);

/// <summary>What changed in the directory since a cursor.</summary>
public sealed record DirectoryChanges
{
    /// <summary>Where to go on from.</summary>
    public required DirectoryCursor Cursor { get; init; }

    /// <summary>As they are now.</summary>
    public ImmutableArray<CampaignEntry> Entries { get; init; } = [];
    public ImmutableArray<string> Deleted { get; init; } = [];
}
