using System.Collections.Immutable;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;

namespace Dfu.Api.Events;

/// <summary>An event of the fleet's stream; see <see cref="FleetEventReader"/>. What is missing is as it was told before.</summary>
public sealed record FleetUpdate
{
    /// <summary>Events that follow at once belong to the same moment: nothing is to be shown before the last of them.</summary>
    public bool More { get; init; }

    /// <summary>For how long the fleet has not answered; null while it does.</summary>
    public TimeSpan? NoAnswerFor { get; init; }

    /// <summary>Campaigns that are new or stand otherwise; by their id.</summary>
    public ImmutableArray<CampaignStanding> Campaigns { get; init; } = [];

    /// <summary>Ids of campaigns that were deleted.</summary>
    public ImmutableArray<string> CampaignsGone { get; init; } = [];

    /// <summary>Adapters that are new or changed; by their id.</summary>
    public ImmutableArray<AdapterView> Adapters { get; init; } = [];

    /// <summary>Ids of adapters that no member has any more.</summary>
    public ImmutableArray<string> AdaptersGone { get; init; } = [];
}
