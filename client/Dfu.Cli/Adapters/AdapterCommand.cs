using System.CommandLine;
using System.Globalization;
using Dfu.Cli.Campaigns;
using Dfu.Cli.Servers;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using Spectre.Console;
using Option = Dfu.Cli.Arguments.Option;

namespace Dfu.Cli.Adapters;

/// <summary><c>dfu adapter</c>: what operators do with the adapters of a running server.</summary>
internal static class AdapterCommand
{
    public static Command Create(Terminal terminal) => new("adapter", "Look at the adapters of a running server or cluster, and take them out and back.")
    {
        List(terminal),
        Show(terminal),
        Control(terminal, AdapterControlKind.Drain, "drain", "Begin no further transfer on it, until 'resume'; what is under way is finished."),
        Control(terminal, AdapterControlKind.Resume, "resume", "Let it take part again; one in quarantine is tried at once."),
        Control(terminal, AdapterControlKind.Reset, "reset", "Give its transfers to other adapters, reset its radio and test it."),
        Control(
            terminal,
            AdapterControlKind.SelfTest,
            "self-test",
            "Listen and, where the server names a golden unit, connect to it. For one without transfers."),
    };

    internal static void WriteList(IAnsiConsole console, IEnumerable<AdapterView> adapters) => Columns.Write(
        console,
        ["", "HOST", "ADAPTER", "STATE", "TRANSFERS", "RATE", "DROPS", "DRAINED BY", ""],
        [
            .. adapters.Select(static view =>
            {
                var (host, adapter) = AdapterWords.Place(view);
                return (IReadOnlyList<Cell>)
                [
                    new(Markup.Remove(AdapterWords.Sign(view)), AdapterWords.Colour(view)),
                    host,
                    new(adapter, "bold"),
                    new(AdapterWords.State(view), AdapterWords.Colour(view)),
                    AdapterWords.Slots(view),
                    view.Rate >= 1 ? Format.Rate(view.Rate) : "-",
                    view.Recent.Drops.ToString(CultureInfo.InvariantCulture),
                    view.HeldBy ?? "-",
                    new(AdapterWords.Why(view), "grey"),
                ];
            }),
        ],
        4, 5, 6);

    internal static void WriteOne(IAnsiConsole console, AdapterView view, AdapterState state, DateTimeOffset now)
    {
        var (host, adapter) = AdapterWords.Place(view);
        console.WriteLine();
        Sheet.Line(console, $"  {AdapterWords.Sign(view)} [bold]{Text(adapter)}[/]{(host.Length > 0 ? $" of {Text(host)}" : "")}: {AdapterWords.State(view)}");
        console.WriteLine();
        var rows = new List<(string Label, string Text)> { ("Id", Text(view.Id)) };
        if (view.Name.Length > 0) rows.Add(("Radio", Text(view.Name)));
        if (view.Detail.Length > 0) rows.Add(("Why", Text(view.Detail)));
        if (view.HeldBy is { } by) rows.Add(("Drained", $"by {Text(by)}; [bold]dfu adapter resume {Text(adapter)}[/] takes it back"));
        var work = state.Slots.IsEmpty ? "" : "\n" + string.Join('\n', state.Slots.Select(static slot => slot.Device));
        rows.Add(("Transfers", $"{AdapterWords.Slots(view)}{(view.Rate >= 1 ? $", {Format.Rate(view.Rate)}" : "")}{work}"));
        rows.Add(("Lately", $"{AdapterWords.Links(view.Recent)} in the last minutes"));
        if (AdapterWords.Steps(view.Steps) is { Length: > 0 } steps) rows.Add(("Recovered", steps));
        if (view.LastReset.Length > 0) rows.Add(("Last reset", Text(view.LastReset)));
        rows.Add(("Self-test", view.SelfTest is { } test
            ? $"{Text(AdapterWords.SelfTest(test))} ({CampaignWords.Moment(test.At, now)})"
            : $"none yet; [bold]dfu adapter self-test {Text(adapter)}[/]"));
        Sheet.Write(console, [.. rows.Select(static row => ($"[grey]{row.Label}[/]", row.Text))]);
        console.WriteLine();
    }

    private static Argument<string> Id() => new("ID") { Description = "The adapter, by any part of its id that no other has, such as usb-1-1.2." };

    private static Command List(Terminal terminal)
    {
        var server = new ServerOptions();
        var json = Option.Flag("--json", "Print one JSON document.");
        var command = new Command("list", "List the adapters of all hosts.") { json };
        server.AddTo(command);
        command.SetAction(async (result, _) =>
        {
            using var signals = new StopSignals(terminal.ExitAtOnce);
            await using var fleet = await server.OpenAsync(result, terminal, signals.Token);
            var adapters = (await fleet.AdaptersAsync(signals.Token)).OrderBy(static view => view.Id, StringComparer.Ordinal).ToList();
            if (result.GetValue(json)) terminal.Out.WriteLine(new AdapterListDocument([.. adapters.Select(static view => AdapterDocument.Of(view))]).ToJson());
            else if (adapters.Count == 0) terminal.Error.WriteLine("dfu: no server has an adapter: 'dfu serve --adapter SPEC' opens one");
            else WriteList(terminal.OutConsole, adapters);
            return ExitCode.Succeeded;
        });
        return command;
    }

    private static Command Show(Terminal terminal)
    {
        var server = new ServerOptions();
        var id = Id();
        var json = Option.Flag("--json", "Print one JSON document.");
        var command = new Command("show", "Show one adapter: what it does, how its links went, and what was done about it.") { id, json };
        server.AddTo(command);
        command.SetAction(async (result, _) =>
        {
            using var signals = new StopSignals(terminal.ExitAtOnce);
            await using var fleet = await server.OpenAsync(result, terminal, signals.Token);
            var view = AdapterNames.Find(result.GetRequiredValue(id), await fleet.AdaptersAsync(signals.Token));
            var state = await fleet.AdapterAsync(view.Id, signals.Token);
            if (result.GetValue(json)) terminal.Out.WriteLine(AdapterDocument.Of(view, state).ToJson());
            else WriteOne(terminal.OutConsole, view, state, TimeProvider.System.GetLocalNow());
            return ExitCode.Succeeded;
        });
        return command;
    }

    private static Command Control(Terminal terminal, AdapterControlKind kind, string word, string description)
    {
        var server = new ServerOptions();
        var id = Id();
        var json = Option.Flag("--json", "Print one JSON document.");
        var command = new Command(word, description) { id, json };
        server.AddTo(command);
        command.SetAction(async (result, _) =>
        {
            using var signals = new StopSignals(terminal.ExitAtOnce);
            await using var fleet = await server.OpenAsync(result, terminal, signals.Token);
            var view = AdapterNames.Find(result.GetRequiredValue(id), await fleet.AdaptersAsync(signals.Token));
            var (done, detail) = await CarryOutAsync(fleet, view.Id, kind, signals.Token);
            var state = await fleet.AdapterAsync(view.Id, signals.Token);
            var after = DeviceViews.Of(state, 0, view.Host);
            var tested = kind is AdapterControlKind.SelfTest or AdapterControlKind.Reset ? state.SelfTest : null;
            if (result.GetValue(json))
            {
                terminal.Out.WriteLine(new AdapterControlDocument(
                    view.Id, word, done, detail, AdapterWords.Word(after), [.. state.Slots.Select(static slot => slot.Device.ToString())],
                    tested is null ? null : SelfTestDocument.Of(tested)).ToJson());
            }
            else
            {
                foreach (var line in Lines(view.Id, kind, done, detail, state)) Sheet.Line(terminal.OutConsole, line);
            }

            return done ? ExitCode.Succeeded : ExitCode.SomeFailed;
        });
        return command;
    }

    /// <summary>What was done, and what is still under way.</summary>
    internal static IEnumerable<string> Lines(string id, AdapterControlKind kind, bool done, string detail, AdapterState state)
    {
        yield return $"{(done ? "[green]✓[/]" : "[red]✗[/]")} [bold]{Text(id)}[/]: {Text(detail.Length > 0 ? detail : done ? "done" : "not done")}";
        var tests = kind is AdapterControlKind.SelfTest or AdapterControlKind.Reset;
        if (tests && state.SelfTest is { } test && !detail.Contains(test.Detail, StringComparison.Ordinal))
            yield return $"  {Text(AdapterWords.SelfTest(test))}";
        if (kind != AdapterControlKind.Drain || state.Slots.IsEmpty) yield break;
        yield return $"  [grey]still under way, and finished:[/] {string.Join(", ", state.Slots.Select(static slot => slot.Device))}";
    }

    /// <summary>An adapter that is not well is an answer; everything else that goes wrong ends the command.</summary>
    private static async Task<(bool Done, string Detail)> CarryOutAsync(
        IFleetServer fleet, string id, AdapterControlKind kind, CancellationToken cancellationToken)
    {
        try
        {
            return (true, await fleet.ControlAsync(id, new AdapterControl(kind, CampaignCommand.By), cancellationToken));
        }
        catch (DfuException unwell) when (unwell.Error == DfuError.AdapterLost)
        {
            return (false, unwell.Message);
        }
    }

    private static string Text(string text) => Markup.Escape(Columns.OneLine(text));
}
