using System.CommandLine;
using Dfu.Silo.Storage.Files;
using Dfu.Silo.Storage.Sqlite;

namespace Dfu.Cli.Commands;

/// <summary><c>dfu backup</c> and <c>dfu restore</c>.</summary>
internal static class BackupCommand
{
    public static Command Backup(Terminal terminal)
    {
        var file = new Argument<string>("FILE") { Description = "Where the copy goes; only its owner can read it." };
        var dataDir = DataDirectoryOption();
        var force = Arguments.Option.Flag("--force", "Replace a file that is there.");
        var command = new Command("backup", "Copy a station's database into a file, also while its server runs, and check the copy.") { file, dataDir, force };
        command.SetAction(result =>
        {
            var path = result.GetRequiredValue(file);
            var copy = FleetBackup.Save(result.GetValue(dataDir) ?? DataDirectory.Default, path, result.GetValue(force));
            terminal.Out.WriteLine(Line(path, copy));
        });
        return command;
    }

    public static Command Restore(Terminal terminal)
    {
        var file = new Argument<string>("FILE") { Description = "What 'dfu backup' has made." };
        var dataDir = DataDirectoryOption();
        var force = Arguments.Option.Flag("--force", $"Replace a database that is there; it is kept as {FleetBackup.ReplacedName} beside it.");
        var command = new Command("restore", "Put a copy of 'dfu backup' into a data directory that no server uses.") { file, dataDir, force };
        command.SetAction(result =>
        {
            var directory = result.GetValue(dataDir) ?? DataDirectory.Default;
            var copy = FleetBackup.Restore(result.GetRequiredValue(file), directory, result.GetValue(force), TimeProvider.System);
            terminal.Out.WriteLine(Line(directory, copy));
            terminal.Error.WriteLine(
                "dfu: the fleet is as it was when the copy was made: campaigns that were paused or cancelled since then go on when the server starts, and "
                    + "access keys that were revoked since then are in force");
        });
        return command;
    }

    private static string Line(string place, FleetCopy copy) =>
        $"{place}: {Format.Bytes(copy.Bytes)}, {copy.Campaigns} {(copy.Campaigns == 1 ? "campaign" : "campaigns")}, schema {copy.Schema}, checked";

    private static System.CommandLine.Option<string?> DataDirectoryOption() =>
        Arguments.Option.Text("--data-dir", "The server's data directory (default: ~/.local/share/dfu).", "DIR");
}
