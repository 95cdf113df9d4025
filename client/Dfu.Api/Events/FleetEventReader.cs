using System.Collections.Immutable;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;

namespace Dfu.Api.Events;

/// <summary>Puts campaigns and adapters together out of the events of the fleet's stream. For one caller at a time.</summary>
public sealed class FleetEventReader
{
    private readonly Dictionary<string, CampaignStanding> _campaigns = [];
    private readonly Dictionary<string, AdapterView> _adapters = [];

    /// <summary>Oldest first.</summary>
    public ImmutableArray<CampaignStanding> Campaigns { get; private set; } = [];

    /// <summary>By their ids.</summary>
    public ImmutableArray<AdapterView> Adapters { get; private set; } = [];

    /// <summary>See <see cref="FleetUpdate.NoAnswerFor"/>.</summary>
    public TimeSpan? NoAnswerFor { get; private set; }

    /// <param name="name">See <see cref="EventNames"/>.</param>
    /// <returns>False while more is to come: what is shown is as it was.</returns>
    public bool Take(string name, FleetUpdate update)
    {
        NoAnswerFor = update.NoAnswerFor;
        if (NoAnswerFor is not null) return true;
        if (name == EventNames.Snapshot)
        {
            _campaigns.Clear();
            _adapters.Clear();
        }

        foreach (var campaign in update.Campaigns) _campaigns[campaign.Id] = campaign;
        foreach (var id in update.CampaignsGone) _campaigns.Remove(id);
        foreach (var adapter in update.Adapters) _adapters[adapter.Id] = adapter;
        foreach (var id in update.AdaptersGone) _adapters.Remove(id);
        if (update.More) return false;
        Campaigns = [.. _campaigns.Values.OrderBy(static campaign => campaign.CreatedAt).ThenBy(static campaign => campaign.Id, StringComparer.Ordinal)];
        Adapters = [.. _adapters.Values.OrderBy(static adapter => adapter.Id, StringComparer.Ordinal)];
        return true;
    }
}
