using System.Collections.Immutable;
using Dfu.Fleet.Access;

namespace Dfu.Fleet.Campaigns;

/// <summary>When each campaign of the directory was changed last. For one caller at a time.</summary>
public sealed class DirectoryLog
{
    private readonly ByChange<string, DirectoryEntry?> _entries = new();
    private ImmutableArray<DirectoryEntry> _seen = [];

    /// <summary>The number of the last change.</summary>
    public long Last => _entries.Last;

    /// <summary>Called with each directory that was saved.</summary>
    public void Take(DirectoryState directory)
    {
        if (directory.Campaigns == _seen) return;
        var before = _seen.ToDictionary(static entry => entry.Campaign);
        foreach (var entry in directory.Campaigns)
        {
            if (!before.Remove(entry.Campaign, out var known) || known != entry) _entries.Set(entry.Campaign, entry);
        }

        foreach (var deleted in before.Keys) _entries.Set(deleted, null);
        _seen = directory.Campaigns;
    }

    /// <returns>Campaigns that were changed after a change, and those that were deleted.</returns>
    public (ImmutableArray<CampaignEntry> Entries, ImmutableArray<string> Deleted) Since(long change)
    {
        var changes = _entries.Since(change).Changes;
        return (
            [.. changes.Where(static one => one.Value is not null).Select(static one => one.Value!.Shown)],
            [.. changes.Where(static one => one.Value is null).Select(static one => one.Key)]);
    }
}
