using Dfu.Protocol.Packages;

namespace Dfu.Cli.Tests.Commands;

/// <summary>A command played in this process.</summary>
internal sealed record Played(int Code, string Output, string[] Error)
{
    public static async Task<Played> RunAsync(PassphraseSource? passphrase, params string[] arguments)
    {
        var (output, error) = (new StringWriter { NewLine = "\n" }, new StringWriter { NewLine = "\n" });
        var terminal = new Terminal
        {
            Out = output,
            Error = error,
            OutConsole = Terminal.Plain(output),
            ErrorConsole = Terminal.Plain(error),
            Passphrase = passphrase,
        };
        var code = await CommandLine.RunAsync(arguments, terminal);
        return new(code, output.ToString(), error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    public static Task<Played> RunAsync(params string[] arguments) => RunAsync(null, arguments);
}
