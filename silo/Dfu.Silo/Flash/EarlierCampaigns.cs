using Dfu.Fleet.Campaigns;
using Dfu.Grains;

namespace Dfu.Silo.Flash;

/// <summary>What a data directory holds of earlier campaigns.</summary>
internal sealed class EarlierCampaigns(IGrainFactory grains)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.02);

    private IFleetGrain Fleet => grains.GetGrain<IFleetGrain>(0);

    /// <summary>The last campaign for the same package and targets, null when there is none.</summary>
    public async Task<CampaignView?> LookAsync(CampaignRequest request)
    {
        if (request.Restart) return null;
        var targets = CampaignTargets.Key(request.Targets);
        var same = (await Fleet.ListAsync()).LastOrDefault(
            entry => entry.PackageId == request.Package.Id && entry.Only == request.Only && entry.Targets == targets);
        try
        {
            return same is null ? null : await grains.GetGrain<ICampaignGrain>(same.Campaign).ViewAsync();
        }
        catch (KeyNotFoundException)
        {
            return null; // it was never told that it exists
        }
    }

    /// <summary>Whether a campaign that is over would take more devices.</summary>
    public static bool MayGrow(TargetSelection targets, CampaignView campaign) =>
        (targets.All || targets.NameGlob is not null) && !(campaign.Devices.Length >= targets.Count);

    /// <summary>Returns when the directory knows that the campaign is over, or after a while.</summary>
    public async Task WrittenAsync(string campaign, TimeSpan atMost, TimeProvider time)
    {
        var begin = time.GetTimestamp();
        while (time.GetElapsedTime(begin) < atMost && !(await Fleet.ListAsync()).Any(entry => entry.Campaign == campaign && entry.Finished))
            await Task.Delay(Pause, time, CancellationToken.None);
    }
}
