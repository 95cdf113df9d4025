using Microsoft.Extensions.Logging;

namespace Dfu.Cli.Arguments;

/// <summary><c>--log-level</c>, and how a line of the log reads.</summary>
internal static class LogLevels
{
    private static readonly (string Word, LogLevel Level)[] All =
    [
        ("none", LogLevel.None),
        ("error", LogLevel.Error),
        ("warning", LogLevel.Warning),
        ("information", LogLevel.Information),
        ("debug", LogLevel.Debug),
        ("trace", LogLevel.Trace),
    ];

    /// <param name="usual">Without the option.</param>
    public static Choice<LogLevel> Option(LogLevel usual) =>
        new("--log-level", "From where on standard error is told what happens.", [.. All.OrderByDescending(choice => choice.Level == usual)]);

    public static Action<string> To(Terminal terminal) => line => terminal.Error.WriteLine(OneLine(line));

    private static string OneLine(string line) => "dfu: " + string.Concat(line.Select(static character => char.IsControl(character) ? ' ' : character));
}
