using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;

namespace Dfu.Reports;

/// <summary>How fast a campaign goes, by the units it updated lately, and how long it still takes at that pace.</summary>
/// <param name="UnitsPerHour">Null until some were updated.</param>
/// <param name="Left">Null while nothing moves, and when it is over.</param>
public readonly record struct Pace(double? UnitsPerHour, TimeSpan? Left)
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(10);

    /// <summary>Nothing at work for longer is a hold, of which the pace tells nothing.</summary>
    private static readonly TimeSpan Hold = TimeSpan.FromSeconds(30);

    /// <summary>Fewer units than this tell less than the bytes under way do.</summary>
    private const int LeastUnits = 3;

    /// <param name="now">By the clock on the wall.</param>
    public static Pace Of(CampaignView view, Tally tally, DateTimeOffset now)
    {
        var first = view.Devices.Min(static device => device.StartedAt);
        if (view.Outcome != CampaignOutcome.Running || first is not { } began || now <= began)
            return new(Over(view, tally), null);
        var moving = Moving(view, began);
        var from = now - moving < Window ? moving : now - Window;
        var updated = now > from ? view.Devices.Count(device => device.Outcome == DeviceOutcome.Updated && device.EndedAt >= from) : 0;
        var perHour = updated > 0 ? updated / (now - from).TotalHours : 0;
        var unfinished = tally.Active + tally.Waiting;
        if (updated >= LeastUnits) return new(perHour, TimeSpan.FromHours(unfinished / perHour));
        var rate = view.Devices.Sum(static device => device.Rate);
        return new(updated > 0 ? perHour : null, rate > 0 ? TimeSpan.FromSeconds((tally.BytesTotal - tally.BytesDone) / rate) : null);
    }

    /// <summary>Since when something is at work without a hold.</summary>
    private static DateTimeOffset Moving(CampaignView view, DateTimeOffset began)
    {
        var (moving, until) = (began, began);
        foreach (var device in view.Devices.Where(static device => device.StartedAt is not null).OrderBy(static device => device.StartedAt))
        {
            if (device.StartedAt > until + Hold) moving = device.StartedAt.Value;
            var ended = device.EndedAt ?? DateTimeOffset.MaxValue - Hold;
            if (ended > until) until = ended;
        }

        return moving;
    }

    /// <summary>Of all the time it took.</summary>
    private static double? Over(CampaignView view, Tally tally) =>
        tally.Updated - tally.AlreadyCurrent is > 1 and var updated && view.Seconds > 0 ? updated * 3600 / view.Seconds : null;
}
