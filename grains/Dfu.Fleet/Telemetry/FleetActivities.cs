using System.Diagnostics;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Updates;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Telemetry;

/// <summary>
/// Where spans come from: a campaign in a trace of its own; a device's update in another, with a link to its campaign; below it the attempts on the
/// device, and below each what it went through. docs/telemetry.md has the table.
/// </summary>
/// <remarks>
/// Spans begin and end by the <see cref="TimeProvider"/> of the run, like everything else. None becomes or changes <see cref="Activity.Current"/>, for
/// all of them outlive the calls that begin them; an attempt's task alone has its attempt there.
/// </remarks>
public static class FleetActivities
{
    public const string Name = "Dfu.Fleet";

    internal const string Campaign = "campaign";
    internal const string Update = "update";
    internal const string Attempt = "attempt";

    private static readonly ActivitySource Source = new(Name);
    private static readonly HashSet<string> Parts = [.. Enum.GetValues<UpdatePhase>().Select(AttemptTrace.NameOf)];

    /// <summary>Begins the span of a campaign, or of one run of it. It has a link to the call that starts it, if that is traced.</summary>
    /// <param name="traceParent">Of the campaign's first span, when its trace goes on; null begins a trace.</param>
    /// <returns>Null when nobody listens.</returns>
    public static Activity? StartCampaign(string id, string packageId, bool goesOn, TimeProvider time, string? traceParent = null) =>
        Start(Campaign, Context(traceParent), time.GetUtcNow(), Activity.Current is { Recorded: true } caller ? caller.Context : default)
            ?.SetTag("dfu.campaign.id", id).SetTag("dfu.package.id", packageId).SetTag("dfu.campaign.goes_on", goesOn);

    public static void EndCampaign(Activity? campaign, CampaignOutcome outcome, int devices, TimeProvider time)
    {
        if (campaign is null) return;
        campaign.SetTag("dfu.outcome", FleetMetrics.Code(outcome)).SetTag("dfu.campaign.devices", devices);
        if (outcome == CampaignOutcome.Failed) Keep(campaign.SetStatus(ActivityStatusCode.Error));
        End(campaign, time);
    }

    /// <summary>Spans that may begin a trace; all others of ours are below one of these.</summary>
    public static bool BeginsTrace(string span) => span is Campaign or Update or Attempt;

    /// <summary>Whether a span of this name is ours, and is kept when it fails whatever the sampler says.</summary>
    public static bool IsOurs(string span) => BeginsTrace(span) || Parts.Contains(span);

    /// <param name="campaign">The campaign's context, as W3C writes it; null when nobody traces that.</param>
    /// <param name="traceParent">Of the update's first span, when its trace goes on.</param>
    internal static Activity? StartUpdate(BluetoothAddress device, DateTimeOffset at, string? campaign, string? traceParent) =>
        Start(Update, Context(traceParent), at, Context(campaign))
            ?.SetTag("dfu.device.address", device.ToString()).SetTag("dfu.update.goes_on", traceParent is not null);

    /// <param name="traceParent">The update's, as W3C writes it; null or anything else begins a trace of its own.</param>
    internal static Activity? StartAttempt(BluetoothAddress device, int attempt, string adapter, string? traceParent, TimeProvider time) =>
        Start(Attempt, Context(traceParent), time.GetUtcNow())
            ?.SetTag("dfu.device.address", device.ToString()).SetTag("dfu.attempt", attempt).SetTag("dfu.adapter.id", adapter);

    internal static Activity? StartPart(Activity attempt, string name, TimeProvider time) => Start(name, attempt.Context, time.GetUtcNow());

    internal static void Fail(Activity activity, DfuError error, string detail) => Keep(activity
        .SetStatus(ActivityStatusCode.Error, detail.Length == 0 ? ErrorCatalog.Describe(error).Sentence : detail)
        .SetTag("error.type", error.Code()));

    /// <summary>The span is exported even where the sampler left it out, and was recorded for this.</summary>
    internal static void Keep(Activity activity)
    {
        if (activity.IsAllDataRequested) activity.ActivityTraceFlags |= ActivityTraceFlags.Recorded;
    }

    internal static void End(Activity activity, TimeProvider time)
    {
        EndLater(activity, time);
        Hand(activity);
    }

    /// <summary>The span has ended; nobody is told before <see cref="Hand"/>.</summary>
    internal static void EndLater(Activity activity, TimeProvider time) => activity.SetEndTime(time.GetUtcNow().UtcDateTime);

    /// <summary>Hands a span that has ended to whoever listens.</summary>
    internal static void Hand(Activity activity)
    {
        var current = Activity.Current;
        activity.Dispose();
        Activity.Current = ReferenceEquals(current, activity) ? null : current;
    }

    /// <summary>An adapter as its operator wrote it, without the member that has it.</summary>
    public static string? AdapterOf(string? id) => id?[(id.IndexOf('/', StringComparison.Ordinal) + 1)..];

    /// <returns>Empty when it is null, or not as W3C writes it.</returns>
    public static ActivityContext Context(string? traceParent) =>
        ActivityContext.TryParse(traceParent, null, isRemote: true, out var context) ? context : default;

    private static Activity? Start(string name, ActivityContext parent, DateTimeOffset at, ActivityContext link = default)
    {
        if (!Source.HasListeners()) return null;
        var current = Activity.Current;
        try
        {
            Activity.Current = null; // or it would be the parent of a span that has none
            return Source.StartActivity(name, ActivityKind.Internal, parent, links: link == default ? null : [new(link)], startTime: at);
        }
        finally
        {
            Activity.Current = current;
        }
    }
}
