using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;

namespace Dfu.Reports;

/// <summary>How fast a campaign goes, by the units it updated lately, and how long it still takes at that pace.</summary>
/// <param name="UnitsPerHour">Null until some were updated.</param>
/// <param name="Left">Null while nothing moves, and when it is over.</param>
public readonly record struct Pace(double? UnitsPerHour, TimeSpan? Left)
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(10);

    /// <summary>Fewer units than this tell less than the bytes under way do.</summary>
    private const int LeastUnits = 3;

    /// <param name="now">By the clock on the wall.</param>
    public static Pace Of(CampaignView view, Tally tally, DateTimeOffset now)
    {
        var first = view.Devices.Min(static device => device.StartedAt);
        if (view.Outcome != CampaignOutcome.Running || first is not { } began || now <= began)
            return new(Over(view, tally), null);
        var from = now - began < Window ? began : now - Window;
        var updated = view.Devices.Count(device => device.Outcome == DeviceOutcome.Updated && device.EndedAt >= from);
        var perHour = updated / (now - from).TotalHours;
        var unfinished = tally.Active + tally.Waiting;
        if (updated >= LeastUnits) return new(perHour, TimeSpan.FromHours(unfinished / perHour));
        var rate = view.Devices.Sum(static device => device.Rate);
        return new(updated > 0 ? perHour : null, rate > 0 ? TimeSpan.FromSeconds((tally.BytesTotal - tally.BytesDone) / rate) : null);
    }

    /// <summary>Of all the time it took.</summary>
    private static double? Over(CampaignView view, Tally tally) =>
        tally.Updated - tally.AlreadyCurrent is > 1 and var updated && view.Seconds > 0 ? updated * 3600 / view.Seconds : null;
}
