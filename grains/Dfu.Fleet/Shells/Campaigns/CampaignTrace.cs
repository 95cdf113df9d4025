using System.Diagnostics;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Telemetry;

namespace Dfu.Fleet.Shells.Campaigns;

/// <summary>The span of a campaign for as long as one activation works on it.</summary>
internal sealed class CampaignTrace(TimeProvider time)
{
    private Activity? _span;

    /// <summary>For a campaign that is new, or was over and is taken up again: a trace of its own.</summary>
    /// <returns>What attempts take as their parent from now on; null when nobody listens here.</returns>
    public string? Begin(CampaignState campaign, bool goesOn)
    {
        End(CampaignOutcome.Interrupted, campaign);
        _span = FleetActivities.StartCampaign(campaign.Id, campaign.PackageId, goesOn, time);
        return _span?.Id;
    }

    /// <summary>For a campaign that was at work elsewhere: its trace goes on, and attempts have the parent they had.</summary>
    public string? GoOn(CampaignState campaign)
    {
        _span = FleetActivities.StartCampaign(campaign.Id, campaign.PackageId, goesOn: true, time, campaign.TraceParent);
        return campaign.TraceParent ?? _span?.Id;
    }

    public void End(CampaignOutcome outcome, CampaignState campaign)
    {
        FleetActivities.EndCampaign(_span, outcome, campaign.Devices.Length, time);
        _span = null;
    }
}
