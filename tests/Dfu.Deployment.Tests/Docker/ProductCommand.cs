using System.CommandLine;
using Dfu.Cli;
using Spectre.Console;

namespace Dfu.Deployment.Tests.Docker;

/// <summary>What the product itself makes of a command line, without running it.</summary>
internal static class ProductCommand
{
    private static readonly RootCommand Root = CommandLine.Create(new()
    {
        Out = TextWriter.Null,
        Error = TextWriter.Null,
        OutConsole = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(TextWriter.Null) }),
        ErrorConsole = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(TextWriter.Null) }),
    });

    public static ParseResult Parse(IEnumerable<string> arguments) => Root.Parse([.. arguments]);

    /// <summary>What is wrong with the command line; empty when the product takes it.</summary>
    public static IEnumerable<string> WrongWith(IEnumerable<string> arguments)
    {
        var result = Parse(arguments);
        var runs = result.CommandResult.Command.Action is not null || result.CommandResult.Command.Subcommands.Count == 0;
        return
        [
            .. result.Errors.Select(static error => error.Message),
            .. result.UnmatchedTokens.Select(static token => $"unknown: {token}"),
            .. runs && result.CommandResult.Command is not RootCommand ? (string[])[] : ["no command"],
        ];
    }
}
