namespace Dfu.Fleet.Plans;

/// <summary>Whether a schedule lets devices begin, as a function of the clock on the wall.</summary>
/// <remarks>
/// Windows are of local time. Where a clock is set forward over the beginning or the end of a window, that is the moment of the jump; where it is set
/// back over one, the beginning is the first of the two moments and the end the last: no window is shorter than it looks.
/// </remarks>
public static class Openings
{
    /// <summary>A window that is open now began today or yesterday, and one that opens once a week does so within eight days.</summary>
    private const int DaysAhead = 8;

    /// <exception cref="TimeZoneNotFoundException">The host does not know <see cref="CampaignSchedule.Zone"/>.</exception>
    public static Opening At(CampaignSchedule schedule, DateTimeOffset wall)
    {
        if (wall >= schedule.End) return new(Closed.Ended, null);
        if (wall < schedule.Start) return new(Closed.NotStarted, schedule.Start);
        if (schedule.Windows.IsEmpty) return new(Closed.No, schedule.End);
        var windows = Around(schedule, wall);
        DateTimeOffset? until = null;
        foreach (var (from, to) in windows)
        {
            if (from <= (until ?? wall) && to > (until ?? wall)) until = to;
        }

        if (until is not null) return new(Closed.No, until > schedule.End ? schedule.End : until);
        var next = windows.Where(window => window.From > wall).Select(static window => (DateTimeOffset?)window.From).FirstOrDefault();
        return new(Closed.OutsideWindow, next >= schedule.End ? null : next);
    }

    internal static TimeZoneInfo ZoneOf(CampaignSchedule schedule) =>
        schedule.Zone.Length == 0 ? TimeZoneInfo.Utc : TimeZoneInfo.FindSystemTimeZoneById(schedule.Zone);

    /// <summary>Windows from yesterday on, earliest first.</summary>
    private static (DateTimeOffset From, DateTimeOffset To)[] Around(CampaignSchedule schedule, DateTimeOffset wall)
    {
        var zone = ZoneOf(schedule);
        var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(wall, zone).DateTime);
        var windows =
            from day in Enumerable.Range(-1, DaysAhead + 2).Select(today.AddDays)
            from window in schedule.Windows
            where window.Days.IsEmpty || window.Days.Contains(day.DayOfWeek)
            let last = window.To <= window.From ? day.AddDays(1) : day
            let span = (From: Moment(day.ToDateTime(window.From), zone, first: true), To: Moment(last.ToDateTime(window.To), zone, first: false))
            where span.From < span.To
            orderby span.From, span.To
            select span;
        return [.. windows];
    }

    private static DateTimeOffset Moment(DateTime local, TimeZoneInfo zone, bool first)
    {
        if (zone.IsInvalidTime(local))
        {
            local = new(local.Ticks - (local.Ticks % TimeSpan.TicksPerMinute));
            while (zone.IsInvalidTime(local)) local = local.AddMinutes(1);
        }

        var offsets = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local) : [zone.GetUtcOffset(local)];
        return new(local, first ? offsets.Max() : offsets.Min());
    }
}
