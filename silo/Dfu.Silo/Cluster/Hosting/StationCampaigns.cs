using Dfu.Fleet;
using Dfu.Fleet.Campaigns;
using Dfu.Grains;
using Dfu.Protocol.Errors;

namespace Dfu.Silo.Cluster.Hosting;

/// <summary>What a data directory holds of earlier campaigns. A station has one that is not finished at a time, as the single-process engine has.</summary>
internal sealed class StationCampaigns(IGrainFactory grains)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.05);
    private static readonly TimeSpan CancelTimeout = TimeSpan.FromSeconds(10);

    private IFleetGrain Fleet => grains.GetGrain<IFleetGrain>(0);

    /// <returns>The campaign that the request goes on with; null when it begins one.</returns>
    /// <exception cref="DfuException">CampaignConflict.</exception>
    public async Task<CampaignView?> LookAsync(CampaignRequest request)
    {
        if (request.Restart) return null;
        var targets = CampaignTargets.Key(request.Targets);
        var entries = await Fleet.ListAsync();
        foreach (var other in entries.Where(entry => !entry.Finished && (entry.PackageId != request.Package.Id || entry.Targets != targets)))
        {
            if (!Over(await ViewAsync(other.Campaign)))
                throw new DfuException(DfuError.CampaignConflict, $"campaign {other.Campaign} for package {other.PackageId[..12]} is not finished");
        }

        return entries.LastOrDefault(entry => entry.PackageId == request.Package.Id && entry.Targets == targets) is { } same ? await ViewAsync(same.Campaign) : null;
    }

    /// <summary>Whether a campaign that is over would take more devices.</summary>
    public static bool MayGrow(TargetSelection targets, CampaignView campaign) => (targets.All || targets.NameGlob is not null) && !(campaign.Devices.Length >= targets.Count);

    /// <summary>Ends what is not finished, whatever its targets.</summary>
    public async Task CancelAllAsync(TimeProvider time)
    {
        foreach (var entry in (await Fleet.ListAsync()).Where(static entry => !entry.Finished))
        {
            await grains.GetGrain<ICampaignGrain>(entry.Campaign).CancelAsync();
            await WrittenAsync(entry.Campaign, CancelTimeout, time);
        }
    }

    /// <summary>Returns when the directory knows that the campaign is over, or after a while.</summary>
    public async Task WrittenAsync(string campaign, TimeSpan atMost, TimeProvider time)
    {
        var begin = time.GetTimestamp();
        while (time.GetElapsedTime(begin) < atMost && !(await Fleet.ListAsync()).Any(entry => entry.Campaign == campaign && entry.Finished))
            await Task.Delay(Pause, time, CancellationToken.None);
    }

    private async Task<CampaignView?> ViewAsync(string campaign)
    {
        try
        {
            return await grains.GetGrain<ICampaignGrain>(campaign).ViewAsync();
        }
        catch (KeyNotFoundException)
        {
            return null;
        }
    }

    private static bool Over(CampaignView? view) => view is null or { Outcome: CampaignOutcome.Succeeded or CampaignOutcome.Failed };
}
