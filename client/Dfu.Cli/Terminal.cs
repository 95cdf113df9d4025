using Dfu.Protocol.Packages;
using Spectre.Console;

namespace Dfu.Cli;

/// <summary>Where a command writes: results to <see cref="Out"/>, progress and errors to <see cref="Error"/>.</summary>
internal sealed record Terminal
{
    public required TextWriter Out { get; init; }
    public required TextWriter Error { get; init; }

    /// <summary><see cref="Out"/> with styles where it is a terminal.</summary>
    public required IAnsiConsole OutConsole { get; init; }

    /// <summary><see cref="Error"/> with styles where it is a terminal.</summary>
    public required IAnsiConsole ErrorConsole { get; init; }

    /// <summary>Whether progress may redraw itself: standard error is a terminal that can.</summary>
    public bool Live { get; init; }

    /// <summary>Asked for the passphrase of an encrypted key; null when nobody can be asked.</summary>
    public PassphraseSource? Passphrase { get; init; }

    public static Terminal OfProcess()
    {
        var output = new OutputStream(Console.Out, needed: true);
        var error = new OutputStream(Console.Error, needed: false);
        var able = Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");
        return new Terminal
        {
            Out = output,
            Error = error,
            OutConsole = Create(output, able && !Console.IsOutputRedirected),
            ErrorConsole = Create(error, able && !Console.IsErrorRedirected),
            Live = able && !Console.IsErrorRedirected,
            Passphrase = new PassphrasePrompt(error).Ask,
        };
    }

    /// <summary>Ends the process without waiting for anything, and leaves the terminal as it was found.</summary>
    public void ExitAtOnce()
    {
        if (Live) ErrorConsole.Cursor.Show();
        Environment.Exit(ExitCode.Interrupted);
    }

    /// <summary>A console without styles that never wraps at a width nobody sees.</summary>
    public static IAnsiConsole Plain(TextWriter writer)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
        });
        console.Profile.Width = 160;
        console.Profile.Capabilities.Unicode = true;
        return console;
    }

    private static IAnsiConsole Create(TextWriter writer, bool styled)
    {
        if (!styled) return Plain(writer);
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            ColorSystem = Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 } ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
        });
        if (console.Profile.Width < 40) console.Profile.Width = 80;
        return console;
    }
}
