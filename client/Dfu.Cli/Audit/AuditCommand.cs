using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dfu.Cli.Scan;
using Dfu.Cli.Servers;
using Dfu.Fleet.Audit;
using Spectre.Console;
using Option = Dfu.Cli.Arguments.Option;

namespace Dfu.Cli.Audit;

/// <summary><c>dfu audit</c>.</summary>
internal static class AuditCommand
{
    private const int Usual = 50;
    private const int Most = 10_000;

    public static Command Create(Terminal terminal)
    {
        var server = new ServerOptions();
        var subject = Option.Text(
            "--subject", "Only what concerned a campaign (the beginning of its id, its name, or 'last'), an adapter (any part of its id) or a device.", "ID");
        var last = Option.Number("--last", $"So many of the newest entries, at most {Most}; {Usual} unless given.", 1, Most);
        var json = Option.Flag("--json", "Print one JSON document.");
        var command = new Command("audit", "Show who changed what and when, the newest last. Nothing of it can be changed or deleted.") { subject, last, json };
        server.AddTo(command);
        command.SetAction(async (result, _) =>
        {
            using var signals = new StopSignals(terminal.ExitAtOnce);
            await using var fleet = await server.OpenAsync(result, terminal, signals.Token);
            var whom = result.GetValue(subject) is { } text ? await AuditSubject.FindAsync(fleet, text, signals.Token) : null;
            var entries = await fleet.AuditAsync(whom, result.GetValue(last) ?? Usual, signals.Token);
            if (result.GetValue(json)) terminal.Out.WriteLine(AuditDocument.Of(entries).ToJson());
            else if (entries.IsEmpty) terminal.Error.WriteLine($"dfu: nothing was changed yet{(whom is null ? "" : $" of {whom}")}");
            else Write(terminal.OutConsole, entries, TimeProvider.System.LocalTimeZone);
            return ExitCode.Succeeded;
        });
        return command;
    }

    /// <summary>A terminal where not all of it fits beside each other has details on lines of their own.</summary>
    internal static void Write(IAnsiConsole console, IEnumerable<AuditEntry> newestFirst, TimeZoneInfo zone)
    {
        string[] heads = ["WHEN", "WHO", "WHAT", "WHOM", "DETAIL"];
        var entries = newestFirst.Reverse().ToList();
        var rows = entries.Select(entry => (IReadOnlyList<Cell>)
        [
            new(TimeZoneInfo.ConvertTime(entry.At, zone).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), "grey"),
            entry.By.Length > 0 ? entry.By : "-",
            new(entry.Action, "bold"),
            entry.Subject,
            entry.Detail,
        ]).ToList();
        var widest = Columns.Lines(heads, rows).Max(static line => Markup.Remove(line).Length);
        if (!console.Profile.Capabilities.Ansi || widest <= console.Profile.Width)
        {
            Columns.Write(console, heads, rows);
            return;
        }

        var lines = Columns.Lines(heads[..^1], [.. rows.Select(static row => row.SkipLast(1).ToList())]).ToList();
        console.Write(new CroppedLines([lines[0], ""]));
        for (var i = 0; i < entries.Count; i++)
        {
            console.Write(new CroppedLines([lines[i + 1], ""]));
            if (entries[i].Detail.Length > 0) console.Write(new Padder(new Text(Columns.OneLine(entries[i].Detail)), new Padding(2, 0, 0, 0)));
        }
    }
}

/// <summary>What <c>dfu audit --json</c> prints: names and order of the fields are a contract.</summary>
internal sealed record AuditDocument(IReadOnlyList<AuditRow> Entries)
{
    /// <returns>Oldest first, as people see them.</returns>
    public static AuditDocument Of(IEnumerable<AuditEntry> newestFirst) => new(
        [.. newestFirst.Reverse().Select(static entry => new AuditRow(
            entry.Id, entry.At.ToUniversalTime(), entry.By, entry.Action, entry.Subject, entry.Detail))]);

    public string ToJson() => JsonSerializer.Serialize(this, AuditJson.Default.AuditDocument);
}

internal sealed record AuditRow(string Id, DateTimeOffset At, string By, string Action, string Subject, string Detail);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(AuditDocument))]
internal sealed partial class AuditJson : JsonSerializerContext;
