using System.CommandLine;
using System.CommandLine.Parsing;
using Dfu.Cli.Access;
using Dfu.Cli.Adapters;
using Dfu.Cli.Arguments;
using Dfu.Cli.Audit;
using Dfu.Cli.Campaigns;
using Dfu.Cli.Commands;
using Dfu.Fleet.AccessKeys;
using Dfu.Protocol.Errors;
using Dfu.Silo.Storage.Postgres;

namespace Dfu.Cli;

/// <summary>The <c>dfu</c> command: what it offers, and how it refuses.</summary>
internal static class CommandLine
{
    private static readonly (string Name, Func<Terminal, Command> Create)[] Commands =
    [
        ("demo", DemoCommand.Create),
        ("flash", FlashCommand.Create),
        ("campaign", CampaignCommand.Create),
        ("device", DeviceCommand.Create),
        ("adapter", AdapterCommand.Create),
        ("audit", AuditCommand.Create),
        ("access", AccessCommand.Create),
        ("login", static terminal => LoginCommand.Login(terminal)),
        ("logout", static terminal => LoginCommand.Logout(terminal)),
        ("scan", ScanCommand.Create),
        ("doctor", DoctorCommand.Create),
        ("serve", ServeCommand.Create),
        ("dashboard", DashboardCommand.Create),
        ("backup", BackupCommand.Backup),
        ("restore", BackupCommand.Restore),
        ("health", HealthCommand.Create),
        ("db", DatabaseCommand.Create),
        ("cluster", ClusterCommand.Create),
        ("simulate", SimulateCommand.Create),
        ("package", PackageCommand.Create),
        ("keys", KeysCommand.Create),
        ("settings", SettingsCommand.Create),
    ];

    /// <param name="first">The first argument. A command that it names is the only one that is made: all of them take 0.03 s.</param>
    public static RootCommand Create(Terminal terminal, string? first = null)
    {
        var root = new RootCommand("Updates Nordic nRF5 devices over Bluetooth LE, many at once, and loses nothing when a link drops.");
        var named = Array.FindAll(Commands, command => command.Name == first);
        foreach (var (_, create) in named.Length > 0 ? named : Commands) root.Add(create(terminal));
        return root;
    }

    public static async Task<int> RunAsync(string[] arguments, Terminal terminal)
    {
        try
        {
            var result = Create(terminal, arguments.FirstOrDefault()).Parse(arguments);
            if (Refusal(result) is { } refusal) return Fail(terminal, DfuError.InvalidArgument, refusal.What, refusal.Remedy);
            return await result.InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
                Output = terminal.Out,
                Error = terminal.Error,
            });
        }
        catch (DfuException refused)
        {
            return Fail(terminal, refused.Error, refused.Message, refused.Remedy ?? ErrorCatalog.Describe(refused.Error).Remedy);
        }
        catch (OperationCanceledException)
        {
            return Fail(terminal, DfuError.Interrupted, "interrupted before anything began", ErrorCatalog.Describe(DfuError.Interrupted).Remedy);
        }
        catch (Exception unforeseen) when (unforeseen is not OutOfMemoryException)
        {
            return Fail(terminal, DfuError.Unexpected, $"{unforeseen.GetType().Name}: {unforeseen.Message}", ErrorCatalog.Describe(DfuError.Unexpected).Remedy);
        }
    }

    private static int Fail(Terminal terminal, DfuError error, string what, string remedy)
    {
        terminal.Error.WriteLine(ErrorLine(error, what, remedy));
        return ExitCode.Of(error);
    }

    /// <summary>One line, whatever the text carries.</summary>
    internal static string ErrorLine(DfuError error, string what, string remedy)
    {
        var line = $"dfu: {AccessSecret.Hide(Secrets.Hide(what)).TrimEnd('.', ' ')} - {remedy.TrimEnd('.', ' ')} ({error.Code()})";
        return string.Concat(line.Select(character => char.IsControl(character) ? ' ' : character));
    }

    private static (string What, string Remedy)? Refusal(ParseResult result)
    {
        var help = $"see 'dfu{Path(result.CommandResult)} --help'";
        if (result.Action is System.CommandLine.Help.HelpAction) return null;

        // An unknown option may pass for a file or for another option's value, and the words after it are mostly its own values.
        // A word where a command is expected is that, whatever options of the command that was meant come behind it.
        var misnamed = result.CommandResult.Command.Subcommands.Count > 0 && result.UnmatchedTokens is [var word, ..] && !word.StartsWith('-') ? word : null;
        var unknown = misnamed
            ?? result.Tokens.FirstOrDefault(token => token.Type == TokenType.Argument && token.Value is ['-', '-', _, ..])?.Value
            ?? result.UnmatchedTokens.FirstOrDefault(token => token.StartsWith('-'))
            ?? (result.UnmatchedTokens is [var first, ..] ? first : null);
        if (unknown is not null)
        {
            var isOption = unknown.StartsWith('-');
            var command = result.CommandResult.Command;
            var known = isOption ? command.Options.Select(option => option.Name).Append("--help") : command.Subcommands.Select(sub => sub.Name);
            if (Wordless(result, unknown) is { } wordless) return ($"{wordless}: '{unknown}' is not true or false", help);
            var what = isOption ? "option" : command.Subcommands.Count > 0 ? "command" : "argument";
            if (known.Contains(unknown)) return ($"'{unknown}' stands before '{command.Name}'", "write it behind");
            return ($"unknown {what} '{unknown}'", Suggestions.For(unknown, known) is { } meant ? $"did you mean {meant}?" : help);
        }

        return result.Errors is [var error, ..] ? (error.Message, help) : null;
    }

    /// <summary>The option before a word that it could not take: one of true or false takes no other, so the parser hands the word on.</summary>
    private static string? Wordless(ParseResult result, string word) => result.Tokens
        .Zip(result.Tokens.Skip(1), (before, token) => (before, token))
        .Where(pair => pair.token.Value == word && pair.before.Type == TokenType.Option)
        .Select(pair => result.CommandResult.Command.Options.OfType<Option<bool>>()
            .FirstOrDefault(option => option.HelpName is not null && option.Name == pair.before.Value)?.Name)
        .FirstOrDefault(name => name is not null);

    private static string Path(CommandResult result) =>
        result.Parent is CommandResult parent ? $"{Path(parent)} {result.Command.Name}" : "";
}
