using Dfu.Fleet.Campaigns;
using Dfu.Reports;

namespace Dfu.Server.Console.Campaigns;

/// <summary>How campaigns stand, as lists of them show it.</summary>
internal static class CampaignStates
{
    /// <summary>The sign that a unit would have.</summary>
    public static UnitState Sign(CampaignStanding standing) => standing switch
    {
        { Outcome: CampaignOutcome.Succeeded } => UnitState.Done,
        { Outcome: CampaignOutcome.Failed, CancelRequested: true } => UnitState.Cancelled,
        { Outcome: CampaignOutcome.Failed } => UnitState.Failed,
        { CancelRequested: true } or { Holds: [_, ..] } => UnitState.Pausing,
        _ => UnitState.AtWork,
    };

    /// <summary>What keeps it until somebody says otherwise; null when nothing does.</summary>
    public static CampaignHold? NeedsSomebody(CampaignStanding standing) =>
        standing is { Outcome: CampaignOutcome.Running, CancelRequested: false }
            ? standing.Holds.FirstOrDefault(static hold => hold.Until is null && CampaignWords.WayOn(hold, "") is not null)
            : null;
}
