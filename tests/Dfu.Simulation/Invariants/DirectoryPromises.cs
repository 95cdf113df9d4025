using Dfu.Fleet.Campaigns;
using Dfu.Simulation.Hosts;

namespace Dfu.Simulation.Invariants;

/// <summary>The directory has every campaign that was acknowledged, for as long as there is one, and knows whether it is over.</summary>
internal sealed class DirectoryPromises(Cluster cluster, Stored stored)
{
    private readonly HashSet<string> _ordered = [];
    private readonly Dictionary<string, string> _keys = [];

    public IReadOnlyCollection<string> Ordered => _ordered;

    /// <summary>Every campaign that was ordered is over, as the directory believes, and the audit has it.</summary>
    public bool AllOver => _ordered.Count > 0 && stored.Directory.Campaigns.All(static entry => entry is { Finished: true, Untold: false })
        && _ordered.All(id => stored.Campaigns.GetValueOrDefault(id)?.Stage == CampaignStage.Finished);

    /// <summary>An order was acknowledged.</summary>
    public void Acknowledged(string key, string campaign)
    {
        _ordered.Add(campaign);
        _keys[key] = campaign;
        if (!stored.Campaigns.ContainsKey(campaign)) cluster.Violate($"{campaign} was acknowledged and is not stored");
        Check(stored.Directory);
    }

    public void Written(DirectoryState now)
    {
        foreach (var entry in now.Campaigns)
        {
            var was = stored.Directory.Campaigns.FirstOrDefault(known => known.Campaign == entry.Campaign);
            if (was is { Superseded: true } && !entry.Superseded) cluster.Violate($"the directory forgot that {entry.Campaign} was begun anew");
            if (entry.Finished && was is { Finished: false } && stored.Campaigns.GetValueOrDefault(entry.Campaign) is { Stage: not CampaignStage.Finished })
                cluster.Violate($"the directory takes {entry.Campaign} for over, and it goes on");
        }

        Check(now);
        stored.Directory = now;
    }

    /// <summary>Everything is over.</summary>
    public void Check()
    {
        foreach (var entry in stored.Directory.Campaigns.Where(static entry => !entry.Finished || entry.Untold))
            cluster.Violate($"the directory does not know that {entry.Campaign} is over{(entry.Finished ? " for the audit" : "")}");
        foreach (var (id, state) in stored.Campaigns)
        {
            if (stored.Directory.Campaigns.FirstOrDefault(entry => entry.Campaign == id) is not { } entry) cluster.Violate($"the directory does not have {id}");
            else if (entry.PackageId != state.PackageId) cluster.Violate($"the directory has another package for {id}");
        }
    }

    private void Check(DirectoryState now)
    {
        foreach (var (key, campaign) in _keys)
        {
            var entry = now.Campaigns.FirstOrDefault(entry => entry.Campaign == campaign);
            if (entry is null) cluster.Violate($"the directory forgot {campaign}, which was acknowledged");
            else if (!entry.Requests.Any(request => request.Key == key)) cluster.Violate($"the directory forgot that {campaign} was asked for by '{key}'");
        }
    }
}
