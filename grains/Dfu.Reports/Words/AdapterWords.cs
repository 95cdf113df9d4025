using System.Globalization;
using Dfu.Fleet.Adapters;

namespace Dfu.Reports;

/// <summary>How an adapter stands, in words.</summary>
public static class AdapterWords
{
    public static string State(AdapterView view) => view switch
    {
        { HeldBy: not null, Status: AdapterStatus.Ready, Active: > 0 } => $"draining, {view.Active} under way",
        { HeldBy: not null, Status: AdapterStatus.Ready } => "drained",
        { Status: AdapterStatus.Draining } => "suspected, finishing what it has",
        { Status: AdapterStatus.Quarantined } => "in quarantine",
        _ => view.Status.ToString().ToLowerInvariant(),
    };

    /// <summary>In one camelCase word, for programs.</summary>
    public static string Word(AdapterView view) => view switch
    {
        { HeldBy: not null, Status: AdapterStatus.Ready } => view.Active > 0 ? "draining" : "drained",
        { Status: AdapterStatus.Draining } => "suspected",
        _ => view.Status.ToString().ToLowerInvariant(),
    };

    public static string Colour(AdapterView view) => view switch
    {
        { Status: AdapterStatus.Quarantined } => "red",
        { Status: AdapterStatus.Ready, HeldBy: null } => "green",
        _ => "yellow",
    };

    public static string Sign(AdapterView view) => view switch
    {
        { Status: AdapterStatus.Quarantined } => "[red]✗[/]",
        { Status: AdapterStatus.Ready, HeldBy: null } => "[green]●[/]",
        { Status: AdapterStatus.Ready } => "[yellow]‖[/]",
        _ => "[yellow]~[/]",
    };

    /// <summary>What is to be said of its state besides who drained it.</summary>
    public static string Why(AdapterView view) => view is { HeldBy: not null, Status: AdapterStatus.Ready } ? "" : view.Detail;

    /// <summary><c>3 of 4</c>; <c>4, soon 3</c> while more is under way than its limit has become.</summary>
    public static string Slots(AdapterView view) => view.Active > view.Limit ? $"{view.Active}, soon {view.Limit}" : $"{view.Active} of {view.Limit}";

    /// <summary><c>2 of 31 connects failed, 4 drops</c>.</summary>
    public static string Links(LinkTally tally) => tally.Connects == 0 && tally.Drops == 0
        ? "no links"
        : $"{tally.FailedConnects} of {Format.Count(tally.Connects, "connect")} failed, {Format.Count(tally.Drops, "drop")}";

    public static string SelfTest(SelfTestReport report)
    {
        var link = report.ConnectTime is { } time ? string.Create(CultureInfo.InvariantCulture, $", connected in {time.TotalSeconds:0.0} s") : "";
        var heard = $"heard {Format.Count(report.Heard, "device")}{link}";
        var words = $"{(report.Passed ? "passed" : "not passed")}: {heard}";
        var known = report.Detail == heard || (report.Heard == 1 && report.Detail == "heard a device");
        return report.Detail.Length > 0 && !known ? $"{words}; {report.Detail.TrimEnd('.')}" : words;
    }

    /// <summary>Empty when none was ever carried out.</summary>
    public static string Steps(LadderSteps steps) => string.Join(
        ", ",
        new[] { (steps.Reopened, "opened again"), (steps.PowerCycled, "power cycled"), (steps.UsbReset, "reset over USB") }
            .Where(static step => step.Item1 > 0).Select(static step => $"{step.Item2} {Format.Count(step.Item1, "time")}"));

    /// <summary>Host and the rest of an id.</summary>
    public static (string Host, string Adapter) Place(AdapterView view) => ReportWords.Place(view.Id, view.Host);

    /// <summary>The part of an id that tells it from others on its host: <c>usb-1-1.2</c>, <c>sim #2</c>.</summary>
    public static string Brief(string id)
    {
        var adapter = ReportWords.Place(id, "").Adapter;
        var colon = adapter.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0) return adapter;
        var (kind, rest) = (adapter[..colon], adapter[(colon + 1)..]);
        if (kind != "sim") return rest.StartsWith("tcp://", StringComparison.Ordinal) ? rest["tcp://".Length..] : rest;
        var number = rest.LastIndexOf('#');
        return number < 0 ? kind : $"{kind} {rest[number..]}";
    }
}
