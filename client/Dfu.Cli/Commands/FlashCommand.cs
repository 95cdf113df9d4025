using System.CommandLine;

namespace Dfu.Cli.Commands;

internal static class FlashCommand
{
    public static Command Create(Terminal terminal) => new("flash", "");
}
