using System.Globalization;
using Dfu.Fleet.Campaigns;

namespace Dfu.Reports;

/// <summary>How a campaign stands, in words.</summary>
public static class CampaignWords
{
    /// <summary>In a few words, for a table: <c>running</c>, <c>opens at 18:00</c>, <c>3 of 600 failed</c>.</summary>
    /// <param name="now">Of the clock and time zone of whoever reads it.</param>
    public static string State(CampaignStanding standing, DateTimeOffset now) => standing switch
    {
        { Outcome: CampaignOutcome.Succeeded } when standing.Updated < standing.Devices => "updated as many as asked",
        { Outcome: CampaignOutcome.Succeeded } => "all updated",
        { Outcome: CampaignOutcome.Failed, CancelRequested: true } => $"cancelled, {standing.Updated} updated",
        { Outcome: CampaignOutcome.Failed, Devices: 0 } => "no device found",
        { Outcome: CampaignOutcome.Failed, Failed: 0, Cancelled: > 0 } => $"{standing.Cancelled} of {standing.Devices} cancelled",
        { Outcome: CampaignOutcome.Failed, Failed: 0 } => "fewer than asked for",
        { Outcome: CampaignOutcome.Failed } => $"{standing.Failed} of {standing.Devices} failed",
        { CancelRequested: true } => "being cancelled",
        { Holds: [var hold, ..] } => Hold(hold, standing, now),
        { Collecting: true } => "listening",
        _ => "running",
    };

    /// <summary>What ends a hold, as a command with the campaign's id; null for one that ends by itself.</summary>
    public static string? WayOn(CampaignHold hold, string id) => hold.Reason switch
    {
        HoldReason.Paused or HoldReason.Failures => $"dfu campaign resume {id}",
        HoldReason.Approval or HoldReason.TooFewUpdated => $"dfu campaign approve {id}",
        _ => null,
    };

    /// <summary>What holds a campaign up and what ends that, on one line.</summary>
    public static string Waits(CampaignHold hold, string id)
    {
        var what = hold.Detail.Length > 0 ? hold.Detail.TrimEnd('.') : CampaignStateCode.Of(hold.Reason);
        return WayOn(hold, id) is { } command ? $"{what} - {command}" : what;
    }

    /// <summary><c>18:00</c> today, else <c>Dec 1 18:00</c>, or with the year where it is another.</summary>
    public static string Moment(DateTimeOffset moment, DateTimeOffset now)
    {
        var there = moment.ToOffset(now.Offset);
        var form = there.Date == now.Date ? "HH:mm" : there.Year == now.Year ? "MMM d HH:mm" : "yyyy-MM-dd HH:mm";
        return there.ToString(form, CultureInfo.InvariantCulture);
    }

    /// <summary>The same in no more than 10 columns: the time today, else the day.</summary>
    public static string Day(DateTimeOffset moment, DateTimeOffset now)
    {
        var there = moment.ToOffset(now.Offset);
        return there.ToString(there.Date == now.Date ? "HH:mm" : there.Year == now.Year ? "MMM d" : "yyyy-MM-dd", CultureInfo.InvariantCulture);
    }

    /// <summary><c>412 of 600 updated, 3 failed</c>.</summary>
    public static string Counts(CampaignStanding standing)
    {
        var text = $"{standing.Updated} of {Format.Count(standing.Devices, "device")} updated";
        if (standing.AlreadyCurrent > 0) text += $" ({standing.AlreadyCurrent} ran it already)";
        if (standing.Failed > 0) text += $", {standing.Failed} failed";
        return standing.Cancelled > 0 ? $"{text}, {standing.Cancelled} cancelled" : text;
    }

    /// <summary>A group without a name is called by its number.</summary>
    public static string Group(string name) => name.All(char.IsAsciiDigit) ? $"group {name}" : name;

    private static string Hold(CampaignHold hold, CampaignStanding standing, DateTimeOffset now) => hold.Reason switch
    {
        HoldReason.NotStarted when hold.Until is { } start => $"starts at {Moment(start, now)}",
        HoldReason.OutsideWindow when hold.Until is { } opens => $"opens at {Moment(opens, now)}",
        HoldReason.Approval when standing.Groups.FirstOrDefault(static group => !group.Open) is { } next => $"waits for approval of {Group(next.Name)}",
        HoldReason.Failures => $"stopped: {standing.Failed} of {standing.Devices} failed",
        HoldReason.TooFewUpdated => "too few updated to go on",
        HoldReason.OutsideWindow => "outside its windows",
        HoldReason.Paused when hold.Detail.Split(';')[0] is { Length: > 0 } who => who,
        _ => CampaignStateCode.Of(hold.Reason),
    };
}
