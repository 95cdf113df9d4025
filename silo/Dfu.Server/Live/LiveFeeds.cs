using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Dfu.Fleet.Access;
using Dfu.Fleet.Campaigns;

namespace Dfu.Server.Live;

/// <inheritdoc cref="ILiveFeeds"/>
internal sealed class LiveFeeds(IFleetServer fleet, TimeProvider time) : ILiveFeeds
{
    private static readonly TimeSpan CampaignEvery = TimeSpan.FromSeconds(0.25);
    private static readonly TimeSpan FleetEvery = TimeSpan.FromSeconds(1);

    public async IAsyncEnumerable<CampaignNews> CampaignAsync(string campaign, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var followed = await fleet.FollowAsync(campaign, cancellationToken);
        CampaignView? before = null;
        while (true)
        {
            var view = followed.Snapshot();
            if (!ReferenceEquals(view, before)) yield return new(view, before is null ? null : Changed(before, view));
            before = view;
            await Task.Delay(CampaignEvery, time, cancellationToken);
        }
    }

    public async IAsyncEnumerable<FleetNews> FleetAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var entries = await fleet.CampaignsAsync(cancellationToken);
            var standings = await Task.WhenAll(entries.Select(entry => fleet.StandingAsync(entry.Campaign, cancellationToken)));
            yield return new([.. standings], await fleet.AdaptersAsync(cancellationToken));
            await Task.Delay(FleetEvery, time, cancellationToken);
        }
    }

    private static ImmutableArray<int>? Changed(CampaignView before, CampaignView view) => before.Devices.Length > view.Devices.Length
        ? null
        : [.. Enumerable.Range(0, view.Devices.Length).Where(i => i >= before.Devices.Length || before.Devices[i] != view.Devices[i])];
}
