using Dfu.Fleet.Audit;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Links;

namespace Dfu.Simulation.Invariants;

/// <summary>What the database holds, read.</summary>
internal sealed class Stored
{
    public Dictionary<BluetoothAddress, DeviceRecord> Devices { get; } = [];

    /// <summary>In the order in which they were stored for the first time.</summary>
    public OrderedDictionary<string, CampaignState> Campaigns { get; } = [];

    public DirectoryState Directory { get; set; } = new();

    /// <summary>All that the audit has, oldest first.</summary>
    public IReadOnlyList<AuditEntry> Trail { get; set; } = [];

    /// <summary>What the audit has or will have of a campaign, oldest first.</summary>
    public IEnumerable<AuditEntry> StoryOf(string campaign)
    {
        var told = Trail.Where(entry => entry.Subject == campaign).ToList();
        var known = told.Select(static entry => entry.Id).ToHashSet(StringComparer.Ordinal);
        return Campaigns.TryGetValue(campaign, out var state) ? told.Concat(state.News.Where(entry => !known.Contains(entry.Id))) : told;
    }
}
