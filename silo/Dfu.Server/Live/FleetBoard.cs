using Dfu.Api.Events;
using Dfu.Fleet.Access;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;

namespace Dfu.Server.Live;

/// <summary>Campaigns and adapters as they were read last.</summary>
/// <param name="epoch">That of no other board.</param>
internal sealed class FleetBoard(Guid epoch) : IEventBoard
{
    /// <summary>Campaigns and adapters in one event.</summary>
    public const int MostItems = 200;

    /// <summary>What is gone is remembered for readers who were told of it.</summary>
    public const int MostGone = 1000;

    private readonly ByChange<string, CampaignStanding> _campaigns = new();
    private readonly Queue<(string Id, bool IsAdapter, long Change)> _gone = [];
    private readonly ByChange<string, AdapterView> _adapters = new();
    private long _change;
    private long _forgotten;
    private long _told;
    private TimeSpan? _silence;
    private FleetNews? _news;

    public long Version { get; private set; }

    /// <summary>As it is now, put together when somebody asks.</summary>
    public FleetNews News => _news ??= new(
        [.. _campaigns.Since(0).Changes.Select(static change => change.Value).OrderBy(static campaign => campaign.CreatedAt)
            .ThenBy(static campaign => campaign.Id, StringComparer.Ordinal)],
        [.. _adapters.Since(0).Changes.Select(static change => change.Value).OrderBy(static adapter => adapter.Id, StringComparer.Ordinal)])
        {
            NoAnswerFor = _silence,
        };

    /// <param name="campaigns">Those that may stand otherwise.</param>
    /// <param name="adapters">All of them.</param>
    /// <returns>False when nothing changed.</returns>
    public bool Take(IReadOnlyCollection<CampaignStanding> campaigns, IReadOnlyCollection<string> deleted, IReadOnlyCollection<AdapterView> adapters)
    {
        var before = _change;
        foreach (var campaign in campaigns)
        {
            if (!_campaigns.TryGet(campaign.Id, out var known) || !Standings.Same(known, campaign)) _campaigns.Set(campaign.Id, campaign, ++_change);
        }

        foreach (var adapter in adapters)
        {
            if (!_adapters.TryGet(adapter.Id, out var known) || known != adapter) _adapters.Set(adapter.Id, adapter, ++_change);
        }

        foreach (var id in deleted) Forget(_campaigns, id, isAdapter: false);
        var there = adapters.Select(static adapter => adapter.Id).ToHashSet();
        foreach (var gone in _adapters.Since(0).Changes.Where(known => !there.Contains(known.Key))) Forget(_adapters, gone.Key, isAdapter: true);
        if (_change == before && Version > 0 && _silence is null) return false;
        (Version, _told, _silence, _news) = (Version + 1, Version + 1, null, null);
        return true;
    }

    public void Silent(TimeSpan since) => (Version, _silence, _news) = (Version + 1, since, null);

    public BoardEvent? After(EventPosition? at)
    {
        var known = at is { } had && had.Epoch == epoch && had.Change <= _change && had.Version <= Version && had.Change >= _forgotten;
        var start = known ? at!.Value : new(epoch, 0, 0, 0);
        if (start.Version == Version) return null;
        var name = known ? EventNames.Changes : EventNames.Snapshot;
        if (_silence is { } silence && start.Version >= _told) return new(name, new FleetUpdate { NoAnswerFor = silence }, start with { Version = Version });
        var (campaigns, moreCampaigns) = _campaigns.Since(start.Change, MostItems);
        var (adapters, moreAdapters) = _adapters.Since(start.Change, MostItems);
        var more = moreCampaigns || moreAdapters;
        var until = Math.Min(moreCampaigns ? campaigns[^1].Number : _change, moreAdapters ? adapters[^1].Number : _change);
        var gone = start.Change == 0 ? [] : _gone.Where(one => one.Change > start.Change && one.Change <= until && !IsBack(one.Id, one.IsAdapter)).ToList();
        var update = new FleetUpdate
        {
            More = more,
            Campaigns = [.. campaigns.Where(change => change.Number <= until).Select(static change => change.Value)],
            CampaignsGone = [.. gone.Where(static one => !one.IsAdapter).Select(static one => one.Id)],
            Adapters = [.. adapters.Where(change => change.Number <= until).Select(static change => change.Value)],
            AdaptersGone = [.. gone.Where(static one => one.IsAdapter).Select(static one => one.Id)],
        };
        return new(name, update, start with { Change = until, Version = more ? start.Version : _told });
    }

    private bool IsBack(string id, bool isAdapter) => isAdapter ? _adapters.TryGet(id, out _) : _campaigns.TryGet(id, out _);

    private void Forget<T>(ByChange<string, T> items, string id, bool isAdapter)
    {
        if (!items.TryGet(id, out _)) return;
        items.Drop(id);
        _gone.Enqueue((id, isAdapter, ++_change));
        while (_gone.Count > MostGone) _forgotten = _gone.Dequeue().Change;
    }
}
