using Dfu.Cli.Dashboards;
using Dfu.Cli.Progress;
using Dfu.Cli.Reports;
using Dfu.Fleet.Campaigns;
using Dfu.Protocol.Errors;
using Dfu.Silo.Telemetry;
using Spectre.Console;

namespace Dfu.Cli.Commands;

/// <summary>What every command that updates devices does around its campaign.</summary>
internal static class CampaignRun
{
    /// <summary>Exports traces, metrics and logs, if the environment asks for it, until disposed.</summary>
    /// <param name="instance">The member's name; null for a run by itself.</param>
    /// <param name="seen">What the variables say for a dashboard that somebody looks at.</param>
    public static TelemetryExport Telemetry(Terminal terminal, string? instance = null, DashboardVariables? seen = null)
    {
        if (seen?.Disagreement is { } disagreement) terminal.Error.WriteLine($"dfu: {disagreement}");
        return TelemetryExport.FromEnvironment(instance, warning => terminal.Error.WriteLine($"dfu: {warning}"), seen?.Added);
    }

    /// <summary>Shows progress until the campaign is over.</summary>
    /// <exception cref="DfuException">What ended the campaign before its time.</exception>
    public static async Task<CampaignView> ShowAsync(Terminal terminal, ProgressTitle title, Func<CampaignView?> snapshot, Task<CampaignView> running)
    {
        await new ProgressView(terminal, title, TimeProvider.System).ShowAsync(snapshot, running);
        var view = await running;
        return view.Outcome == CampaignOutcome.Running ? view with { Outcome = CampaignOutcome.Interrupted } : view;
    }

    /// <summary>Writes report, document and summary; the exit code of the campaign.</summary>
    /// <exception cref="DfuException">OutputNotWritten, after what could be written was.</exception>
    public static int Report(
        Terminal terminal,
        ProgressTitle title,
        CampaignView view,
        bool json,
        WantedReport? report,
        IEnumerable<(string Label, string Text)> extra)
    {
        var unwritten = report is null ? null : Write(report, view);
        var rows = report is null || unwritten is not null ? extra : extra.Append(("Report", Markup.Escape(Path.GetFullPath(report.Path))));
        if (json) terminal.Out.WriteLine(RunDocument.Of(view).ToJson());
        Summary.Write(json ? terminal.ErrorConsole : terminal.OutConsole, view, title, rows);
        return unwritten is null ? ExitCode.Of(view.Outcome) : throw unwritten;
    }

    /// <summary>A report that cannot be written is no reason to say nothing of the run.</summary>
    private static DfuException? Write(WantedReport report, CampaignView view)
    {
        try
        {
            var made = new CampaignReport { View = view, Package = report.Package, MadeAt = TimeProvider.System.GetUtcNow(), Host = Environment.MachineName };
            ReportFile.Write(report.Path, ReportFile.FormOf(report.Path), made);
            return null;
        }
        catch (DfuException unwritten)
        {
            return unwritten;
        }
    }
}

/// <summary>A report that the operator asked for, of a run on this host.</summary>
internal sealed record WantedReport(string Path, PackageFacts Package)
{
    /// <exception cref="DfuException">InvalidArgument or OutputNotWritten: it could not be written.</exception>
    public static WantedReport At(string path, PackageFacts package)
    {
        ReportFile.FormOf(path);
        ReportFile.Check(path);
        return new(path, package);
    }
}
