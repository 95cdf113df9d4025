using System.CommandLine;
using Dfu.Cli.Arguments;
using Dfu.Protocol.Errors;
using Dfu.Silo.Serve;

namespace Dfu.Cli.Commands;

/// <summary><c>dfu db</c>.</summary>
internal static class DatabaseCommand
{
    public static Command Create(Terminal terminal) => new("db", "Set up the database of a cluster.") { Init(terminal) };

    private static Command Init(Terminal terminal)
    {
        var connection = new ConnectionOption("The cluster's database");
        var command = new Command("init", "Make the tables, or bring those of an older version up to date; what is in them stays.") { connection };
        command.SetAction(async (result, _) =>
        {
            var given = connection.Of(result, terminal) ?? throw new DfuException(DfuError.InvalidArgument, "give --connection");
            using var signals = new StopSignals(terminal.ExitAtOnce);
            terminal.Out.WriteLine(await FleetServer.InitDatabaseAsync(given, signals.Token));
            return ExitCode.Succeeded;
        });
        return command;
    }
}
