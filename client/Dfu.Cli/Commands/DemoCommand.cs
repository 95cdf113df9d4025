using System.CommandLine;

namespace Dfu.Cli.Commands;

internal static class DemoCommand
{
    public static Command Create(Terminal terminal) => new("demo", "");
}
