using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Peers;
using Dfu.Grains;
using Dfu.Protocol.Timing;

namespace Dfu.Server.Live;

/// <summary>
/// What was read of the fleet, kept while nobody follows: how a campaign stands that is over is read once, and again when the directory says that
/// it was taken up since. For one caller at a time.
/// </summary>
internal sealed class FleetReading
{
    /// <summary>Standings that are read before followers are told. Each wakes its campaign.</summary>
    private const int MostStandings = 64;

    private readonly SortedDictionary<string, CampaignEntry> _unread = new(Comparer<string>.Create(static (a, b) => string.CompareOrdinal(b, a)));
    private readonly Dictionary<string, CampaignEntry> _entries = [];
    private readonly HashSet<string> _deleted = [];
    private DirectoryCursor _cursor;

    public FleetBoard Board { get; } = new(Guid.NewGuid());

    /// <summary>Campaigns are left to read at once, the newest of them having been read first.</summary>
    public bool More => _unread.Count > 0;

    /// <param name="gate">Guards the board.</param>
    /// <returns>Whether something changed.</returns>
    public async Task<bool> ReadAsync(IGrainFactory grains, TimeSpan longestCall, TimeProvider time, Lock gate, CancellationToken cancellationToken)
    {
        var changes = await grains.GetGrain<IFleetGrain>(0).ChangesAsync(_cursor).WithinAsync(longestCall, time, cancellationToken);
        Take(changes);
        var adapters = grains.GetGrain<ISchedulerGrain>(0).LiveAsync("", signals: false).WithinAsync(longestCall, time, cancellationToken);
        string[] wanted = [.. _entries.Values.Where(static entry => !entry.Finished).Select(static entry => entry.Campaign)
            .Concat(_unread.Keys.Take(MostStandings)).Distinct()];
        var standings = await Task.WhenAll(wanted.Select(StandingAsync));
        var live = await adapters;
        foreach (var campaign in wanted) _unread.Remove(campaign);
        lock (gate)
        {
            var changed = Board.Take([.. standings.OfType<CampaignStanding>()], _deleted, live.Adapters);
            _deleted.Clear();
            return changed;
        }

        async Task<CampaignStanding?> StandingAsync(string campaign)
        {
            try
            {
                return await grains.GetGrain<ICampaignGrain>(campaign).StandingAsync().WithinAsync(longestCall, time, cancellationToken);
            }
            catch (KeyNotFoundException)
            {
                return null; // it is being deleted: the directory says so soon
            }
        }
    }

    private void Take(DirectoryChanges changes)
    {
        if (changes.Cursor.Epoch != _cursor.Epoch)
        {
            foreach (var gone in _entries.Keys.Except(changes.Entries.Select(static entry => entry.Campaign)).ToList()) Delete(gone);
        }

        _cursor = changes.Cursor;
        foreach (var entry in changes.Entries) (_entries[entry.Campaign], _unread[entry.Campaign]) = (entry, entry);
        foreach (var gone in changes.Deleted) Delete(gone);
    }

    private void Delete(string campaign)
    {
        _deleted.Add(campaign);
        _entries.Remove(campaign);
        _unread.Remove(campaign);
    }
}
