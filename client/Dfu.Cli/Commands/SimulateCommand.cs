using System.CommandLine;

namespace Dfu.Cli.Commands;

internal static class SimulateCommand
{
    public static Command Create(Terminal terminal) => new("simulate", "");
}
