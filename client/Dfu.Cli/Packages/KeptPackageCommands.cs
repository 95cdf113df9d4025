using System.CommandLine;
using Dfu.Cli.Arguments;
using Dfu.Cli.Campaigns;
using Dfu.Cli.Progress;
using Dfu.Cli.Reports;
using Dfu.Cli.Servers;
using Dfu.Protocol.Packages.Doubts;
using Option = Dfu.Cli.Arguments.Option;

namespace Dfu.Cli.Packages;

/// <summary><c>dfu package upload|list|delete</c>: the packages that a running server keeps.</summary>
internal static class KeptPackageCommands
{
    public static Command Upload(Terminal terminal)
    {
        var server = new ServerOptions();
        var file = new Argument<string>("FILE") { Description = "The package, a zip file. It is checked whole before it is sent." };
        var publicKey = KeyOption.Public("Refuse the package unless it is signed for this P-256 key.");
        var command = new Command("upload", "Give a running server a package to keep, for campaigns that others order, and print its id.") { file, publicKey };
        server.AddTo(command);
        command.SetAction(async (result, _) =>
        {
            using var key = publicKey.Read(result, terminal);
            var (package, zip) = PackageFile.Read(result.GetRequiredValue(file), key);
            DoubtLines.Write(terminal, PackageDoubts.Of(package));
            using var signals = new StopSignals(terminal.ExitAtOnce);
            await using var fleet = await server.OpenAsync(result, terminal, signals.Token);
            terminal.Out.WriteLine(await fleet.PutPackageAsync(zip, CampaignCommand.By, signals.Token));
            terminal.Error.WriteLine($"dfu: the server keeps {ProgressTitle.Describe(package)}");
            return ExitCode.Succeeded;
        });
        return command;
    }

    public static Command List(Terminal terminal)
    {
        var server = new ServerOptions();
        var json = Option.Flag("--json", "Print one JSON document.");
        var command = new Command("list", "List the packages that a running server keeps, the last needed first.") { json };
        server.AddTo(command);
        command.SetAction(async (result, _) =>
        {
            using var signals = new StopSignals(terminal.ExitAtOnce);
            await using var fleet = await server.OpenAsync(result, terminal, signals.Token);
            var packages = await KeptPackages.ListAsync(fleet, signals.Token);
            if (result.GetValue(json))
            {
                terminal.Out.WriteLine(new PackageListDocument(packages).ToJson());
                return ExitCode.Succeeded;
            }

            if (packages.IsEmpty)
            {
                terminal.Error.WriteLine("dfu: no package is kept yet: 'dfu package upload' and 'dfu campaign create' bring one");
                return ExitCode.Succeeded;
            }

            var now = TimeProvider.System.GetLocalNow();
            Columns.Write(
                terminal.OutConsole,
                ["ID", "NEEDED", "CAMPAIGNS", "PACKAGE"],
                [
                    .. packages.Select(one => (IReadOnlyList<Cell>)
                    [
                        new(KeptPackages.Short(one.Id), "bold"),
                        one.NeededAt is { } at ? Day(at, now) : "-",
                        $"{one.Campaigns.Length}",
                        one.Title is { } title ? $"{title}, {Format.Bytes(one.FirmwareBytes)}" : new Cell("its file is damaged or gone", "red"),
                    ]),
                ],
                2);
            return ExitCode.Succeeded;
        });
        return command;
    }

    /// <summary>It is known to the day only.</summary>
    private static string Day(DateTimeOffset moment, DateTimeOffset now) =>
        moment.ToOffset(now.Offset).Date == now.Date ? "today" : CampaignWords.Day(moment, now);

    public static Command Delete(Terminal terminal)
    {
        var server = new ServerOptions();
        var id = new Argument<string>("ID") { Description = "The beginning of its id." };
        var command = new Command("delete", "Delete a package that no unfinished campaign needs. Campaigns that are over keep their results.") { id };
        server.AddTo(command);
        command.SetAction(async (result, _) =>
        {
            using var signals = new StopSignals(terminal.ExitAtOnce);
            await using var fleet = await server.OpenAsync(result, terminal, signals.Token);
            var package = await KeptPackages.FindAsync(fleet, result.GetRequiredValue(id), signals.Token);
            await fleet.DeletePackageAsync(package, CampaignCommand.By, signals.Token);
            terminal.Out.WriteLine($"{KeptPackages.Short(package)}: it is deleted");
            return ExitCode.Succeeded;
        });
        return command;
    }
}
