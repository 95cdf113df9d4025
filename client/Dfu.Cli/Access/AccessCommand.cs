using System.CommandLine;
using Dfu.Cli.Arguments;
using Dfu.Cli.Campaigns;
using Dfu.Cli.Servers;
using Dfu.Fleet.AccessKeys;
using Spectre.Console;
using Option = Dfu.Cli.Arguments.Option;

namespace Dfu.Cli.Access;

/// <summary><c>dfu access</c>: keys that open a server's console and HTTP API; <c>dfu keys</c> are those that packages are signed with.</summary>
internal static class AccessCommand
{
    private static readonly TimeSpan Usual = TimeSpan.FromDays(365);

    public static Command Create(Terminal terminal) => new("access", "Make, list and revoke the access keys by which others reach a server's console and API.")
    {
        Make(terminal),
        List(terminal),
        Revoke(terminal),
    };

    internal static void WriteList(IAnsiConsole console, IEnumerable<AccessKey> keys, DateTimeOffset now) => Columns.Write(
        console,
        ["ID", "NAME", "ROLE", "STATE", "LAST USED", "MADE", "BY"],
        [
            .. keys.Select(key =>
            {
                var style = key.IsInForce(now) ? "" : "grey";
                return (IReadOnlyList<Cell>)
                [
                    new(key.Id, style),
                    new(key.Name, key.IsInForce(now) ? "bold" : "grey"),
                    new(AccessKeyChanges.Word(key.Role), style),
                    new(State(key, now), style),
                    new(key.LastUsed is { } used ? CampaignWords.Day(used, now) : "never", style),
                    new(CampaignWords.Day(key.MadeAt, now), style),
                    new(key.MadeBy, "grey"),
                ];
            }),
        ]);

    private static string State(AccessKey key, DateTimeOffset now) => key switch
    {
        { RevokedAt: { } at } => $"revoked {CampaignWords.Day(at, now)} by {key.RevokedBy}",
        { ExpiresAt: null } => "never expires",
        { ExpiresAt: { } end } => $"{(end <= now ? "expired" : "until")} {CampaignWords.Day(end, now)}",
    };

    private static Command Make(Terminal terminal)
    {
        var server = new ServerOptions();
        var name = new System.CommandLine.Option<string>("--name")
        {
            Description = "Whose it is: the audit has the name, and no two keys in force have the same.",
            HelpName = "NAME",
            Required = true,
        };
        var role = new Choice<AccessRole>(
            "--role",
            "What it may: look, or also start and control campaigns and adapters, or also make and revoke keys.",
            ("viewer", AccessRole.Viewer),
            ("operator", AccessRole.Operator),
            ("admin", AccessRole.Admin));
        var expires = Option.Of<KeyLife?>(
            "--expires", "After how long it is refused, or never; 365d unless given.", KeyLife.TryParse, "a time such as 90d or 12h, or never", null, "TIME");
        var json = Option.Flag("--json", "Print one JSON document.");
        var command = new Command("create", "Make an access key, and print it this once.") { name, role, expires, json };
        server.AddTo(command);
        command.SetAction(async (result, _) =>
        {
            using var signals = new StopSignals(terminal.ExitAtOnce);
            await using var fleet = await server.OpenAsync(result, terminal, signals.Token);
            var life = result.GetValue(expires) ?? new KeyLife(Usual);
            var end = life.Time is { } time ? TimeProvider.System.GetUtcNow() + time : (DateTimeOffset?)null;
            var made = await fleet.CreateAccessKeyAsync(new(result.GetRequiredValue(name), role.Of(result), end, CampaignCommand.By), signals.Token);
            if (result.GetValue(json))
            {
                terminal.Out.WriteLine(AccessKeyDocument.Of(made.Key, TimeProvider.System.GetUtcNow(), made.Secret).ToJson());
                return ExitCode.Succeeded;
            }

            terminal.Out.WriteLine(made.Secret);
            var until = made.Key.ExpiresAt is { } at ? $"until {CampaignWords.Day(at, TimeProvider.System.GetLocalNow())}" : "without an end";
            terminal.Error.WriteLine(
                $"dfu: this is the access key of '{made.Key.Name}' ({made.Key.Id}), {AccessKeyChanges.Word(made.Key.Role)} {until}; nobody can show it again");
            return ExitCode.Succeeded;
        });
        return command;
    }

    private static Command List(Terminal terminal)
    {
        var server = new ServerOptions();
        var json = Option.Flag("--json", "Print one JSON document.");
        var command = new Command("list", "List all access keys, those included that are not in force any more; never their secrets.") { json };
        server.AddTo(command);
        command.SetAction(async (result, _) =>
        {
            using var signals = new StopSignals(terminal.ExitAtOnce);
            await using var fleet = await server.OpenAsync(result, terminal, signals.Token);
            var keys = await fleet.AccessKeysAsync(signals.Token);
            var now = TimeProvider.System.GetLocalNow();
            if (result.GetValue(json)) terminal.Out.WriteLine(new AccessKeyListDocument([.. keys.Select(key => AccessKeyDocument.Of(key, now))]).ToJson());
            else if (keys.IsEmpty) terminal.Error.WriteLine("dfu: there are no access keys: 'dfu access create --name NAME --role ROLE' makes one");
            else WriteList(terminal.OutConsole, keys, now);
            return ExitCode.Succeeded;
        });
        return command;
    }

    private static Command Revoke(Terminal terminal)
    {
        var server = new ServerOptions();
        var key = new Argument<string>("KEY") { Description = "Its id or its name." };
        var command = new Command("revoke", "Let an access key open nothing any more, at every member within seconds; what it has open is closed.") { key };
        server.AddTo(command);
        command.SetAction(async (result, _) =>
        {
            using var signals = new StopSignals(terminal.ExitAtOnce);
            await using var fleet = await server.OpenAsync(result, terminal, signals.Token);
            var done = await fleet.RevokeAccessKeyAsync(result.GetRequiredValue(key), CampaignCommand.By, signals.Token);
            Sheet.Line(terminal.OutConsole, $"[green]✓[/] {Markup.Escape(Columns.OneLine(done))}");
            return ExitCode.Succeeded;
        });
        return command;
    }
}
