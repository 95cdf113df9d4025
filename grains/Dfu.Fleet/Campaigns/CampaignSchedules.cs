using System.Globalization;
using Dfu.Fleet.Plans;

namespace Dfu.Fleet.Campaigns;

/// <summary>A campaign by the clock on the wall. A clock that is set opens and closes it; no device fails for that.</summary>
internal static class CampaignSchedules
{
    /// <param name="at">In the clock that never steps.</param>
    /// <param name="wall">Null where nobody looks at it.</param>
    public static Decision Keep(CampaignState state, DateTimeOffset at, DateTimeOffset? wall)
    {
        if (wall is not { } now || state.Stage == CampaignStage.Finished || state.IsClosing || at < state.ScheduleSince) return state;
        var known = state.Hold(HoldReason.NotStarted) ?? state.Hold(HoldReason.OutsideWindow);
        var opening = Opening(state.Plan.Schedule, now);
        if (opening is { Why: Closed.Ended }) return End(state, now);
        var hold = Hold(state.Plan.Schedule, opening);
        if (hold == known) return state;
        var next = state.With(hold, HoldReason.NotStarted, HoldReason.OutsideWindow) with { ScheduleSince = at };
        if (state.IsHeld && !next.IsHeld) next = CampaignMachine.Awake(next, at);
        return CampaignTrail.Add(
            next, now, CampaignTrail.Product, hold is null ? "windowOpened" : "windowClosed", hold?.Detail ?? $"after: {known!.Detail}");
    }

    /// <summary>Whether a campaign's end has come, so that nothing of it can begin.</summary>
    public static bool HasEnded(CampaignState state, DateTimeOffset wall) => wall >= state.Plan.Schedule.End;

    private static Decision End(CampaignState state, DateTimeOffset now)
    {
        var left = CampaignTrail.Devices(state.Devices.Length - state.Results.Count);
        var end = Show(state.Plan.Schedule, state.Plan.Schedule.End ?? now); // it may have come while nobody was there to see it
        var notice = state.Feed
            ? $"Its end, {end}, has come: what is under way is finished, and nobody is taken any more."
            : $"Its end, {end}, has come with {left} left: those at work are finished, the others are cancelled.";
        var ended = CampaignTrail.Add(state, now, CampaignTrail.Product, "endCame", $"{left} left");
        return CampaignMachine.Notice(ended, notice).Then(static next => CampaignMachine.Cancel(next, drain: true, requested: false));
    }

    /// <summary>Null where the host does not know the time zone.</summary>
    private static Opening? Opening(CampaignSchedule schedule, DateTimeOffset now)
    {
        try
        {
            return Openings.At(schedule, now);
        }
        catch (TimeZoneNotFoundException)
        {
            return null;
        }
    }

    private static CampaignHold? Hold(CampaignSchedule schedule, Opening? opening) => opening switch
    {
        null => new(HoldReason.OutsideWindow, $"this host does not know the time zone {schedule.Zone}; install it, or nothing can begin"),
        { Why: Closed.NotStarted, Until: { } start } => new(HoldReason.NotStarted, $"it starts {Show(schedule, start)}", start),
        { Why: Closed.OutsideWindow, Until: { } opens } => new(HoldReason.OutsideWindow, $"its next window opens {Show(schedule, opens)}", opens),
        { Why: Closed.OutsideWindow } => new(HoldReason.OutsideWindow, "no window opens before its end"),
        _ => null,
    };

    private static string Show(CampaignSchedule schedule, DateTimeOffset at)
    {
        try
        {
            return $"{TimeZoneInfo.ConvertTime(at, Openings.ZoneOf(schedule)).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} {Zone(schedule)}";
        }
        catch (TimeZoneNotFoundException)
        {
            return $"{at.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC";
        }
    }

    private static string Zone(CampaignSchedule schedule) => schedule.Zone.Length == 0 ? "UTC" : schedule.Zone;
}
