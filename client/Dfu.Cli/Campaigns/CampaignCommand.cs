using System.CommandLine;
using Dfu.Cli.Progress;
using Dfu.Cli.Scan;
using Dfu.Cli.Servers;
using Dfu.Fleet.Campaigns;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Option = Dfu.Cli.Arguments.Option;

namespace Dfu.Cli.Campaigns;

/// <summary><c>dfu campaign</c>: what operators do with campaigns of a running server.</summary>
internal static class CampaignCommand
{
    private const int MostListed = 20;
    private const int MostAskedAtOnce = 16;

    public static Command Create(Terminal terminal) => new("campaign", "Create, follow and control the campaigns of a running server or cluster.")
    {
        CreateCommand.Create(terminal),
        CheckCommand.Create(terminal),
        List(terminal),
        Show(terminal),
        Watch(terminal),
        CampaignReportCommand.Create(terminal),
        Control(
            terminal,
            CampaignControlKind.Pause,
            "pause",
            "Begin no further device; what is under way is finished.",
            cut: "Break off what is under way too; it is gone on with later."),
        Control(terminal, CampaignControlKind.Resume, "resume", "Go on after a pause, whoever or whatever made it."),
        Control(terminal, CampaignControlKind.Approve, "approve", "Let the next group begin."),
        Control(
            terminal,
            CampaignControlKind.Cancel,
            "cancel",
            "Give up every device that has no outcome; what is under way is finished.",
            cut: "Break off what is under way too."),
        Control(
            terminal,
            CampaignControlKind.Retry,
            "retry",
            "Try again what failed or was cancelled.",
            device: "Only these devices; by any of their addresses."),
        Control(
            terminal,
            CampaignControlKind.Restart,
            "restart",
            "Update devices anew, whatever became of them.",
            device: "These devices, by any of their addresses.",
            deviceRequired: true),
    };

    /// <summary>Who asks, for the audit: <c>anna@station-1</c>.</summary>
    public static string By => $"{Environment.UserName}@{Environment.MachineName}";

    private static Argument<string> Id() => new("ID") { Description = "The beginning of its id, its name, or 'last'." };

    private static Command List(Terminal terminal)
    {
        var server = new ServerOptions();
        var all = Option.Flag("--all", $"All of them, not the last {MostListed} only.");
        var json = Option.Flag("--json", "Print one JSON document.");
        var command = new Command("list", "List campaigns, the newest first.") { all, json };
        server.AddTo(command);
        command.SetAction(async (result, _) =>
        {
            using var signals = new StopSignals(terminal.ExitAtOnce);
            await using var fleet = await server.OpenAsync(result, terminal, signals.Token);
            var campaigns = await fleet.CampaignsAsync(signals.Token);
            var shown = campaigns.Reverse().Take(result.GetValue(all) ? int.MaxValue : MostListed).ToList();
            var rows = await StandingsAsync(fleet, shown, signals.Token);
            if (result.GetValue(json))
            {
                terminal.Out.WriteLine(new CampaignListDocument([.. rows.Select(static row => CampaignDocument.Of(row))]).ToJson());
                return ExitCode.Succeeded;
            }

            if (rows.Count == 0)
            {
                terminal.Error.WriteLine("dfu: there is no campaign yet: 'dfu campaign create' makes one");
                return ExitCode.Succeeded;
            }

            WriteTable(terminal, [.. rows.Select(row => (CampaignNames.Short(row.Id, campaigns), row))]);
            if (shown.Count < campaigns.Length)
                terminal.Error.WriteLine($"dfu: these are the last {shown.Count} of {campaigns.Length}; --all lists them all");
            return ExitCode.Succeeded;
        });
        return command;
    }

    private static Command Show(Terminal terminal)
    {
        var server = new ServerOptions();
        var id = Id();
        var devices = Option.Flag("--devices", "List every device.");
        var json = Option.Flag("--json", "Print one JSON document.");
        var command = new Command("show", "Show how a campaign stands, what it waits for, and which units need somebody.") { id, devices, json };
        server.AddTo(command);
        command.SetAction(async (result, _) =>
        {
            using var signals = new StopSignals(terminal.ExitAtOnce);
            await using var fleet = await server.OpenAsync(result, terminal, signals.Token);
            var (found, called) = await FindAsync(fleet, result.GetRequiredValue(id), signals.Token);
            await using var campaign = await fleet.FollowAsync(found.Campaign, signals.Token);
            var view = campaign.Snapshot();
            var standing = view.Standing ?? await fleet.StandingAsync(found.Campaign, signals.Token);
            if (result.GetValue(json)) terminal.Out.WriteLine(CampaignShowDocument.Of(standing, view).ToJson());
            else CampaignSheet.Write(terminal.OutConsole, standing, view, called, TimeProvider.System.GetLocalNow(), result.GetValue(devices));
            return ExitCode.Succeeded;
        });
        return command;
    }

    private static Command Watch(Terminal terminal)
    {
        var server = new ServerOptions();
        var id = Id();
        var json = Option.Flag("--json", "Print one JSON document, at the end.");
        var command = new Command("watch", "Follow a campaign to its end. Ctrl-C stops watching; the campaign goes on.") { id, json };
        server.AddTo(command);
        command.SetAction(async (result, _) =>
        {
            using var signals = new StopSignals(terminal.ExitAtOnce);
            await using var fleet = await server.OpenAsync(result, terminal, signals.Token);
            var (found, called) = await FindAsync(fleet, result.GetRequiredValue(id), signals.Token);
            await using var campaign = await fleet.FollowAsync(found.Campaign, signals.Token);
            var title = new ProgressTitle($"package {found.PackageId[..Math.Min(12, found.PackageId.Length)]}", found.Name);
            return await CampaignWatch.RunAsync(terminal, campaign, called, title, result.GetValue(json), null, signals.Token);
        });
        return command;
    }

    private static Command Control(
        Terminal terminal, CampaignControlKind kind, string word, string description, string? cut = null, string? device = null, bool deviceRequired = false)
    {
        var server = new ServerOptions();
        var id = Id();
        var cutting = cut is null ? null : Option.Flag("--cut", cut);
        var devices = device is null
            ? null
            : Option.Many<BluetoothAddress>("--device", device, BluetoothAddress.TryParse, "an address such as C0:98:76:54:32:10", "ADDRESS", deviceRequired);
        if (devices is not null) devices.AllowMultipleArgumentsPerToken = false; // the campaign may come behind it
        var json = Option.Flag("--json", "Print one JSON document.");
        var command = new Command(word, description) { id };
        if (cutting is not null) command.Add(cutting);
        if (devices is not null) command.Add(devices);
        command.Add(json);
        server.AddTo(command);
        command.SetAction(async (result, _) =>
        {
            using var signals = new StopSignals(terminal.ExitAtOnce);
            await using var fleet = await server.OpenAsync(result, terminal, signals.Token);
            var (found, called) = await FindAsync(fleet, result.GetRequiredValue(id), signals.Token);
            var control = new CampaignControl(kind, By)
            {
                Cut = cutting is not null && result.GetValue(cutting),
                Devices = devices is null ? [] : [.. result.GetRequiredValue(devices)],
            };
            var done = await CarryOutAsync(fleet, found.Campaign, called, control, signals.Token);
            terminal.Out.WriteLine(result.GetValue(json) ? new ControlDocument(found.Campaign, word, done).ToJson() : $"{called}: {done}");
            return ExitCode.Succeeded;
        });
        return command;
    }

    /// <exception cref="DfuException">InvalidArgument when it cannot be done as the campaign stands; the operator is sent to see how that is.</exception>
    private static async Task<string> CarryOutAsync(IFleetServer fleet, string id, string called, CampaignControl control, CancellationToken cancellationToken)
    {
        try
        {
            return await fleet.ControlAsync(id, control, cancellationToken);
        }
        catch (DfuException refused) when (refused is { Error: DfuError.InvalidArgument, Remedy: null })
        {
            throw new DfuException(refused.Error, refused.Message, refused) { Remedy = $"'dfu campaign show {called}' tells how the campaign stands." };
        }
    }

    private static async Task<(CampaignEntry Found, string Called)> FindAsync(IFleetServer fleet, string text, CancellationToken cancellationToken)
    {
        var campaigns = await fleet.CampaignsAsync(cancellationToken);
        var found = CampaignNames.Find(text, campaigns);
        return (found, CampaignNames.Short(found.Campaign, campaigns));
    }

    private static async Task<List<CampaignStanding>> StandingsAsync(IFleetServer fleet, List<CampaignEntry> campaigns, CancellationToken cancellationToken)
    {
        var standings = new List<CampaignStanding>();
        foreach (var some in campaigns.Chunk(MostAskedAtOnce))
            standings.AddRange(await Task.WhenAll(some.Select(entry => fleet.StandingAsync(entry.Campaign, cancellationToken))));
        return standings;
    }

    private static void WriteTable(Terminal terminal, IReadOnlyList<(string Id, CampaignStanding Standing)> rows)
    {
        var console = terminal.OutConsole;
        var lines = CampaignTable.Lines(rows, TimeProvider.System.GetLocalNow(), console.Profile.Width);
        if (console.Profile.Capabilities.Ansi) console.Write(new CroppedLines(lines.Append("")));
        else foreach (var line in lines) Sheet.Line(console, line);
    }
}
