using System.CommandLine;
using Dfu.Cli.Arguments;
using Dfu.Cli.Reports;
using Dfu.Cli.Servers;
using Option = Dfu.Cli.Arguments.Option;

namespace Dfu.Cli.Campaigns;

/// <summary><c>dfu campaign report</c>.</summary>
internal static class CampaignReportCommand
{
    private static readonly (string Word, ReportForm Form)[] Forms =
        [("csv", ReportForm.Csv), ("json", ReportForm.Json), ("junit", ReportForm.JUnit), ("html", ReportForm.Html)];

    public static Command Create(Terminal terminal)
    {
        var server = new ServerOptions();
        var id = new Argument<string>("ID") { Description = "The beginning of its id, its name, or 'last'." };
        var output = new Option<string?>("--output", "-o")
        {
            Description = "The file to write: .csv, .json, .xml (JUnit) or .html. Standard output unless given.",
            HelpName = "FILE",
        };
        var format = Option.Of<ReportForm?>(
            "--format",
            "csv, json, junit or html; as the file is called unless given, else csv.",
            Form,
            "a form of report: csv, json, junit or html",
            null,
            "csv|json|junit|html");
        var publicKey = KeyOption.Public("Check the package's signatures against this P-256 key, and name it in the report.");
        var command = new Command("report", "Write what became of every unit of a campaign: a table, a document, for a test farm, or a page to print.")
        {
            id, output, format, publicKey,
        };
        server.AddTo(command);
        command.SetAction(async (result, _) =>
        {
            using var key = publicKey.Read(result, terminal);
            var path = result.GetValue(output);
            var form = result.GetValue(format) ?? (path is null ? ReportForm.Csv : ReportFile.FormOf(path, "--output"));
            if (path is not null) ReportFile.Check(path, "--output");
            using var signals = new StopSignals(terminal.ExitAtOnce);
            await using var fleet = await server.OpenAsync(result, terminal, signals.Token);
            var found = CampaignNames.Find(result.GetRequiredValue(id), await fleet.CampaignsAsync(signals.Token));
            await using var campaign = await fleet.FollowAsync(found.Campaign, signals.Token);
            var report = new CampaignReport
            {
                View = campaign.Snapshot(),
                Package = PackageFacts.Of(await fleet.PackageAsync(found.PackageId, signals.Token), found.Only, key),
                MadeAt = TimeProvider.System.GetUtcNow(),
            };
            if (path is null)
            {
                terminal.Out.Write(ReportForms.Text(form, report));
                return ExitCode.Succeeded;
            }

            ReportFile.Write(path, form, report);
            terminal.Error.WriteLine($"dfu: {Path.GetFullPath(path)} says what became of {report.View.Devices.Length} units");
            return ExitCode.Succeeded;
        });
        return command;
    }

    private static bool Form(string text, out ReportForm? form)
    {
        form = Array.Find(Forms, pair => pair.Word.Equals(text, StringComparison.OrdinalIgnoreCase)) is { Word: not null } found ? found.Form : null;
        return form is not null;
    }
}
