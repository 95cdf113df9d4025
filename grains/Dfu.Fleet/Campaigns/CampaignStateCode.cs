using System.Collections.Immutable;
using Dfu.Fleet.Telemetry;

namespace Dfu.Fleet.Campaigns;

/// <summary>How a campaign stands, in one camelCase word: what documents, the HTTP API and metrics tell programs.</summary>
public static class CampaignStateCode
{
    private const string Cancelling = "cancelling";
    private const string Listening = "listening";
    private const string Running = "running";
    private const string Succeeded = "succeeded";
    private const string Failed = "failed";
    private const string Cancelled = "cancelled";

    /// <summary>Of campaigns that are not over.</summary>
    public static ImmutableArray<string> Open { get; } = [Running, Listening, Cancelling, .. Enum.GetValues<HoldReason>().Select(Of)];

    /// <summary>Of campaigns that are over.</summary>
    public static ImmutableArray<string> Over { get; } = [Succeeded, Failed, Cancelled];

    public static string Of(CampaignStanding standing) => Of(standing.Outcome, standing.CancelRequested, standing.Holds, standing.Collecting);

    public static string Of(CampaignState campaign) => Of(campaign.Outcome, campaign.CancelRequested, campaign.Holds, campaign.MayCome);

    public static string Of(HoldReason reason) => FleetMetrics.Code(reason);

    private static string Of(CampaignOutcome outcome, bool cancelRequested, ImmutableArray<CampaignHold> holds, bool collecting) => outcome switch
    {
        CampaignOutcome.Succeeded => Succeeded,
        CampaignOutcome.Failed => cancelRequested ? Cancelled : Failed,
        _ when cancelRequested => Cancelling,
        _ when holds is [var hold, ..] => Of(hold.Reason),
        _ => collecting ? Listening : Running,
    };
}
