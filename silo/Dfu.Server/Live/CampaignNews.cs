using System.Collections.Immutable;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Protocol.Errors;

namespace Dfu.Server.Live;

/// <summary>A campaign at one moment, and what is new in it for whoever gets this.</summary>
/// <param name="View">All of it; shared by all who follow.</param>
/// <param name="Changed">
/// Indices into the view's devices of those of which something was decided, moved or is heard otherwise since this follower's news before, in
/// their order; null is all of them. That a device under way takes longer by the second is no change.
/// </param>
public sealed record CampaignNews(CampaignView View, ImmutableArray<int>? Changed);

/// <summary>The fleet at one moment.</summary>
/// <param name="Campaigns">Oldest first.</param>
/// <param name="Adapters">By their ids.</param>
public sealed record FleetNews(ImmutableArray<CampaignStanding> Campaigns, ImmutableArray<AdapterView> Adapters)
{
    /// <summary>For how long the fleet has not answered, so that this is as old; null while it does.</summary>
    public TimeSpan? NoAnswerFor { get; init; }
}

/// <summary>What changes, for pages and event streams: read once for all who follow, told at most four times a second.</summary>
public interface ILiveFeeds
{
    /// <summary>A campaign, whole at first; goes on when it is over, for it may be retried. Who reads slowly gets several changes as one.</summary>
    /// <exception cref="DfuException">NotFound when there is no such campaign.</exception>
    IAsyncEnumerable<CampaignNews> CampaignAsync(string campaign, CancellationToken cancellationToken);

    /// <summary>Campaigns and adapters, told at most once a second and only when something changed.</summary>
    IAsyncEnumerable<FleetNews> FleetAsync(CancellationToken cancellationToken);
}
