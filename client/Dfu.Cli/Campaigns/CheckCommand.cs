using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dfu.Cli.CampaignFiles;
using Dfu.Cli.Progress;
using Dfu.Cli.Reports;
using Dfu.Fleet.Orders;
using Dfu.Fleet.Plans;
using Dfu.Protocol.Packages.Doubts;
using Spectre.Console;

namespace Dfu.Cli.Campaigns;

/// <summary><c>dfu campaign check</c>: looks at a campaign file without a server.</summary>
internal static class CheckCommand
{
    public static Command Create(Terminal terminal)
    {
        var file = CampaignFileOption.Create(required: true);
        var json = Arguments.Option.Flag("--json", "Print one JSON document.");
        var command = new Command("check", "Check a campaign file and what it names. No server is needed.") { file, json };
        command.SetAction(result =>
        {
            var path = result.GetRequiredValue(file)!;
            var (campaign, flaws) = CampaignFileOption.Read(terminal, path);
            if (result.GetValue(json))
            {
                terminal.Out.WriteLine(CheckDocument.Of(path, flaws).ToJson());
                return campaign is null ? ExitCode.Invalid : ExitCode.Succeeded;
            }

            if (campaign is null) throw CampaignFileOption.Refuse(terminal, path, flaws);
            DoubtLines.Write(terminal, PackageDoubts.Of(campaign.Package.Package.Only(campaign.Only)));
            Write(terminal, path, campaign);
            return ExitCode.Succeeded;
        });
        return command;
    }

    private static void Write(Terminal terminal, string path, CampaignFile campaign)
    {
        Sheet.Line(terminal.OutConsole, $"[green]✓[/] {Markup.Escape(path)} is sound");
        Sheet.Write(terminal.OutConsole, [.. Rows(campaign).Select(static row => ($"[grey]{row.Label}[/]", Markup.Escape(row.Text)))]);
    }

    private static IEnumerable<(string Label, string Text)> Rows(CampaignFile campaign)
    {
        var (plan, targets) = (campaign.Plan, campaign.Targets);
        if (plan.Name.Length > 0) yield return ("Name", plan.Name);
        yield return ("Package", ProgressTitle.Describe(campaign.Package.Package.Only(campaign.Only)));
        yield return ("Devices", Devices(campaign));
        if (!plan.Groups.IsEmpty) yield return ("Groups", string.Join(", ", plan.Groups.Select(Group)));
        if (Rule(plan.Errors) is { } rule) yield return ("Failures", rule);
        if (Schedule(plan.Schedule) is { Length: > 0 } schedule) yield return ("Schedule", schedule);
    }

    private static string Devices(CampaignFile campaign)
    {
        var targets = campaign.Targets;
        if (!targets.Addresses.IsDefaultOrEmpty)
            return Format.Count(targets.Addresses.Length, "device")
                + (targets.Labels.IsEmpty ? "" : $", {targets.Labels.Length} with a serial number, label or order number");
        var who = targets.NameGlob is { } glob ? $"named {glob}" : "all that are heard";
        return (targets.Feed, targets.Count) switch
        {
            (true, { } count) => $"{who}, as they come, until {count} are updated",
            (true, null) => $"{who}, as they come",
            (false, { } count) => $"{who}, {count} of them",
            _ => $"{who} in {Format.Duration(targets.ScanTime.TotalSeconds)}",
        };
    }

    private static string Group(GroupPlan group)
    {
        var size = group switch
        {
            { Count: { } count } => $"{count}",
            { Percent: { } percent } => FormattableString.Invariant($"{percent} %"),
            _ => "the rest",
        };
        return (group.Name.Length > 0 ? $"{group.Name}: {size}" : size) + (group.Approval ? " then approval" : "");
    }

    private static string? Rule(ErrorRule? rule) => rule is null
        ? null
        : (rule.Action == ErrorAction.Stop ? "stop" : "pause")
            + (rule.Count is { } count ? $" at {count}" : FormattableString.Invariant($" at {rule.Percent} %"));

    private static string Schedule(CampaignSchedule schedule)
    {
        var parts = new List<string>();
        if (schedule.Start is { } start) parts.Add($"from {start:yyyy-MM-dd HH:mm zzz}");
        if (schedule.End is { } end) parts.Add($"until {end:yyyy-MM-dd HH:mm zzz}");
        parts.AddRange(schedule.Windows.Select(static window =>
            (window.Days.IsEmpty ? "" : string.Join('/', window.Days.Select(static day => day.ToString()[..3])) + " ")
            + $"{window.From:HH:mm}-{window.To:HH:mm}"));
        if (parts.Count > 0 && !schedule.Windows.IsEmpty) parts.Add(schedule.Zone.Length > 0 ? schedule.Zone : "UTC");
        return string.Join(", ", parts);
    }
}

/// <summary>What <c>dfu campaign check --json</c> prints.</summary>
internal sealed record CheckDocument(string File, bool Sound, IReadOnlyList<FlawDocument> Flaws)
{
    public static CheckDocument Of(string file, IReadOnlyList<FileFlaw> flaws) =>
        new(file, flaws.Count == 0, [.. flaws.Select(static flaw => new FlawDocument(flaw.Place.Line, flaw.Place.Column, flaw.What, flaw.Remedy))]);

    public string ToJson() => JsonSerializer.Serialize(this, CheckJson.Default.CheckDocument);
}

internal sealed record FlawDocument(int Line, int Column, string What, string Remedy);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(CheckDocument))]
internal sealed partial class CheckJson : JsonSerializerContext;
