using Dfu.Cli.Progress;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Plans;
using Dfu.Protocol.Errors;
using Spectre.Console;

namespace Dfu.Cli.Campaigns;

/// <summary>One campaign for people: how it stands, what it waits for, and which units need somebody.</summary>
internal static class CampaignSheet
{
    private const int MostUnits = 20;
    private const int PackageDigits = 12;

    /// <param name="all">Every device is listed, instead of those that need somebody.</param>
    public static void Write(IAnsiConsole console, CampaignStanding standing, CampaignView view, string id, DateTimeOffset now, bool all)
    {
        var name = standing.Name.Length > 0 ? Markup.Escape(standing.Name) : "Campaign";
        console.WriteLine();
        Sheet.Line(console, $"  {Mark(standing)} [bold]{name}[/]: {Markup.Escape(CampaignWords.State(standing, now))}");
        console.WriteLine();
        Sheet.Write(console, [.. Rows(standing, view, id, now).Select(static row => ($"[grey]{row.Label}[/]", row.Text)), .. Summary.Failures(view)]);
        var lines = (all ? Devices(view) : Units(view, id)).ToList();
        if (lines.Count > 0) console.WriteLine();
        foreach (var line in lines) Sheet.Line(console, line);
        console.WriteLine();
    }

    private static string Mark(CampaignStanding standing) => standing switch
    {
        { Outcome: CampaignOutcome.Succeeded } => "[green]✓[/]",
        { Outcome: CampaignOutcome.Failed } => "[red]✗[/]",
        { Holds: [_, ..] } or { CancelRequested: true } => "[yellow]■[/]",
        _ => "[blue]▸[/]",
    };

    private static IEnumerable<(string Label, string Text)> Rows(CampaignStanding standing, CampaignView view, string id, DateTimeOffset now)
    {
        yield return ("Id", standing.Id);
        yield return ("Package", standing.PackageId[..Math.Min(PackageDigits, standing.PackageId.Length)]);
        yield return ("Created", CampaignWords.Moment(standing.CreatedAt, now)
            + (standing.EndedAt is { } end ? $", over {CampaignWords.Moment(end, now)}" : "")
            + (standing.Priority == CampaignPlan.UsualPriority ? "" : $", priority {standing.Priority}"));
        yield return ("Devices", CampaignWords.Counts(standing));
        foreach (var hold in standing.Holds)
        {
            var until = hold.Until is { } moment ? $" ({CampaignWords.Moment(moment, now)} here)" : "";
            var wayOn = CampaignWords.WayOn(hold, id) is { } command ? $"\n[bold]{Markup.Escape(command)}[/]" : "";
            yield return ("Waits", Markup.Escape(hold.Detail.Length > 0 ? hold.Detail.TrimEnd('.') : CampaignStateCode.Of(hold.Reason)) + until + wayOn);
        }

        if (!standing.Groups.IsEmpty) yield return ("Groups", string.Join('\n', Groups(standing)));
        if (standing.Outcome == CampaignOutcome.Running && !view.Adapters.IsEmpty) yield return ("Adapters", string.Join('\n', view.Adapters.Select(Adapter)));
        foreach (var notice in view.Notices) yield return ("Note", Markup.Escape(notice));
    }

    private static IEnumerable<string> Groups(CampaignStanding standing)
    {
        var width = standing.Groups.Max(static group => CampaignWords.Group(group.Name).Length);
        foreach (var group in standing.Groups)
        {
            var text = group.Open ? $"{group.Updated} of {group.Devices} updated" : $"{Format.Count(group.Devices, "device")}, not begun";
            if (group.Failed > 0) text += $", [red]{group.Failed} failed[/]";
            if (group.Cancelled > 0) text += $", {group.Cancelled} cancelled";
            yield return $"{Markup.Escape(CampaignWords.Group(group.Name).PadRight(width))}  {text}";
        }
    }

    private static string Adapter(AdapterView adapter)
    {
        var status = adapter.Status.ToString().ToLowerInvariant();
        if (adapter.Status != AdapterStatus.Ready) status = $"[yellow]{status}[/]";
        var text = $"{Markup.Escape(adapter.Id)}  {status}  {adapter.Active}/{adapter.Limit}";
        if (adapter.Rate >= 1) text += $"  {Format.Rate(adapter.Rate)}";
        return adapter.Detail.Length > 0 ? $"{text}  [grey]{Markup.Escape(adapter.Detail)}[/]" : text;
    }

    private static IEnumerable<string> Units(CampaignView view, string id)
    {
        var units = view.Devices.Where(static device => device.Outcome == DeviceOutcome.Failed).OrderBy(static device => device.Error).ToList();
        if (units.Count == 0) yield break;
        yield return $"  [bold]{Format.Count(units.Count, "unit")} to look after[/], then [bold]dfu campaign retry {Markup.Escape(id)}[/]";
        foreach (var line in Lines(units.Take(MostUnits).ToList())) yield return line;
        if (units.Count > MostUnits) yield return $"  [grey]and {units.Count - MostUnits} more; --devices shows all[/]";
    }

    private static IEnumerable<string> Devices(CampaignView view) => Lines(view.Devices);

    private static IEnumerable<string> Lines(IReadOnlyList<DeviceView> devices)
    {
        var called = devices.Select(static device => Called(device.Label)).ToList();
        var words = devices.Select(Word).ToList();
        var calledWidth = called.Select(static text => text.Length).DefaultIfEmpty().Max();
        var wordWidth = words.Select(static text => text.Length).DefaultIfEmpty().Max();
        for (var i = 0; i < devices.Count; i++)
        {
            var label = calledWidth == 0 ? "" : "  " + Markup.Escape(called[i].PadRight(calledWidth));
            var more = devices[i].Detail.Length > 0 ? devices[i].Detail : devices[i].Adapter ?? "";
            var word = $"[{Colour(devices[i])}]{Markup.Escape(words[i].PadRight(wordWidth))}[/]";
            yield return $"  {devices[i].Application}{label}  {word}  [grey]{Markup.Escape(more)}[/]".TrimEnd();
        }
    }

    private static string Called(TargetLabel? label) =>
        label is null ? "" : string.Join(' ', new[] { label.Serial, label.Label, label.Order }.Where(static text => text.Length > 0));

    private static string Word(DeviceView device) => device.Outcome switch
    {
        DeviceOutcome.Failed => device.Error.Code(),
        DeviceOutcome.Pending => device.BytesTotal > 0 && device.BytesConfirmed > 0
            ? $"{Format.Word(device.Phase)} {Format.Percent(Math.Floor(100.0 * device.BytesConfirmed / device.BytesTotal), 100)}"
            : Format.Word(device.Phase),
        DeviceOutcome.AlreadyCurrent => "ran it already",
        var outcome => outcome.ToString().ToLowerInvariant(),
    };

    private static string Colour(DeviceView device) => device.Outcome switch
    {
        DeviceOutcome.Failed => "red",
        DeviceOutcome.Pending => "blue",
        DeviceOutcome.Cancelled => "yellow",
        _ => "green",
    };
}
