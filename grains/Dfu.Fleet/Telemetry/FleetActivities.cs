using System.Diagnostics;
using Dfu.Fleet.Campaigns;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Telemetry;

/// <summary>
/// Where spans come from: a campaign, under it the attempts on its devices, under each what it went through. docs/telemetry.md has the table.
/// </summary>
/// <remarks>Spans begin and end by the <see cref="TimeProvider"/> of the run, like everything else.</remarks>
public static class FleetActivities
{
    public const string Name = "Dfu.Fleet";

    internal const string Campaign = "campaign";
    internal const string Attempt = "attempt";

    private static readonly ActivitySource Source = new(Name);

    /// <summary>
    /// Begins the span of a campaign, or of one run of it. Its <see cref="Activity.Id"/> is what attempts take as their parent, in this
    /// process or another.
    /// </summary>
    /// <remarks>It is never the current activity: a campaign outlives the call that starts it, and has a link to that if it is traced.</remarks>
    /// <param name="traceParent">Of the campaign's first span, when its trace goes on; null begins a trace.</param>
    /// <returns>Null when nobody listens.</returns>
    public static Activity? StartCampaign(string id, string packageId, bool goesOn, TimeProvider time, string? traceParent = null)
    {
        if (!Source.HasListeners()) return null;
        ActivityContext.TryParse(traceParent, null, isRemote: true, out var parent);
        var caller = Activity.Current;
        try
        {
            Activity.Current = null; // or it would be the parent
            ActivityLink[] links = caller is { Recorded: true } ? [new(caller.Context)] : [];
            var activity = Source.StartActivity(Campaign, ActivityKind.Internal, parent, links: links, startTime: time.GetUtcNow());
            return activity?.SetTag("dfu.campaign.id", id).SetTag("dfu.package.id", packageId).SetTag("dfu.campaign.goes_on", goesOn);
        }
        finally
        {
            Activity.Current = caller;
        }
    }

    public static void EndCampaign(Activity? campaign, CampaignOutcome outcome, int devices, TimeProvider time)
    {
        if (campaign is null) return;
        campaign.SetTag("dfu.outcome", FleetMetrics.Code(outcome)).SetTag("dfu.campaign.devices", devices);
        if (outcome == CampaignOutcome.Failed) campaign.SetStatus(ActivityStatusCode.Error);
        var caller = Activity.Current;
        End(campaign, time);
        Activity.Current = caller;
    }

    /// <summary>Spans that may begin a trace; all others of ours are below one of these.</summary>
    public static bool BeginsTrace(string span) => span is Campaign or Attempt;

    /// <param name="traceParent">The campaign's, as W3C writes it; null or anything else begins a trace of its own, or goes under the caller's span.</param>
    internal static Activity? StartAttempt(BluetoothAddress device, int attempt, string adapter, string? traceParent, TimeProvider time)
    {
        if (!Source.HasListeners()) return null;
        ActivityContext.TryParse(traceParent, null, isRemote: true, out var parent);
        return Start(Attempt, parent, time)?.SetTag("dfu.device.address", device.ToString()).SetTag("dfu.attempt", attempt).SetTag("dfu.adapter.id", adapter);
    }

    internal static Activity? StartPart(Activity attempt, string name, TimeProvider time) => Start(name, attempt.Context, time);

    internal static void Fail(Activity activity, DfuError error, string detail) =>
        activity.SetStatus(ActivityStatusCode.Error, detail.Length == 0 ? ErrorCatalog.Describe(error).Sentence : detail).SetTag("error.type", error.Code());

    internal static void End(Activity activity, TimeProvider time)
    {
        activity.SetEndTime(time.GetUtcNow().UtcDateTime);
        activity.Dispose();
    }

    private static Activity? Start(string name, ActivityContext parent, TimeProvider time) =>
        Source.HasListeners() ? Source.StartActivity(name, ActivityKind.Internal, parent, startTime: time.GetUtcNow()) : null;
}
