using System.CommandLine;
using Dfu.Cli.Arguments;
using Dfu.Cli.Campaigns;
using Dfu.Cli.Progress;
using Dfu.Cli.Reports;
using Dfu.Cli.Servers;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Orders;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages.Doubts;
using Dfu.Silo.Adapters;
using Dfu.Silo.Flash;
using Dfu.Silo.Storage.Files;
using Microsoft.Extensions.Logging;

namespace Dfu.Cli.Commands;

/// <summary><c>dfu flash</c>.</summary>
internal static class FlashCommand
{
    public static Command Create(Terminal terminal)
    {
        var file = new Argument<string>("FILE") { Description = "The package, a zip file. It is checked whole before any radio is touched." };
        var adapter = Arguments.Option.Many<string>(
            "--adapter",
            "A radio: bluez:* for all dongles of this host, bridge:tcp://HOST:PORT, or sim:devices=20,drop-rate=0.02; repeat it for more.",
            Words,
            "an adapter",
            "SPEC");
        var server = new HttpOptions();
        var targets = new TargetOptions();
        var only = PackageFile.OnlyOption();
        var patience = Arguments.Option.Time(
            "--patience",
            "A device nobody hears for so long has failed, and so has all when the last adapter is gone for so long; 120 s unless given.",
            TimeSpan.FromDays(7),
            "a time from 1s to 168h such as 120s");
        var concurrency = Arguments.Option.Number(
            "--max-concurrency", "Transfers at once over all adapters; adapters learn their own limits.", 1, 10_000);
        var perAdapter = Arguments.Option.Number(
            "--max-per-adapter", "Transfers at once on each adapter; it learns how many it carries best, up to this.", 1, CampaignLimits.MostPerAdapter);
        var dataDir = Arguments.Option.Text(
            "--data-dir",
            "Where state is kept, so that the same command goes on where it was (default: ~/.local/share/dfu).",
            "DIR");
        var report = Arguments.Option.Text("--report", "Write what became of every device to this file; .csv, .json, .xml (JUnit) or .html.", "FILE");
        var restart = Arguments.Option.Flag("--restart", "Forget the update that the data directory holds.");
        var force = Arguments.Option.Flag("--force", "Flash also what is known to run the package already, or to refuse it.");
        var noVerify = Arguments.Option.Flag("--no-verify", "Do not wait for the new application: what the bootloader accepted counts as updated.");
        var publicKey = KeyOption.Public("Refuse the package unless it is signed for this P-256 key.");
        var json = Arguments.Option.Flag("--json", "Print one JSON document.");
        var logLevel = LogLevels.Option(LogLevel.None);
        var command = new Command("flash", "Update devices. After a crash or Ctrl-C the same command goes on where it was.")
        {
            file, adapter,
        };
        server.AddTo(command);
        targets.AddTo(command);
        foreach (var option in new System.CommandLine.Option[]
        {
            only, patience, concurrency, perAdapter, dataDir, report, restart, force, noVerify, publicKey, json, logLevel,
        })
            command.Add(option);
        var keep = new KeepOptions();
        keep.AddTo(command);
        command.SetAction((result, _) =>
        {
            var url = Server(result, server, [adapter, dataDir, logLevel, .. keep.Options]);
            using var key = publicKey.Read(result, terminal);
            var (whole, zip) = PackageFile.Read(result.GetRequiredValue(file), key);
            var part = result.GetValue(only);
            var package = whole.Only(part);
            DoubtLines.Write(terminal, PackageDoubts.Of(package));
            var wanted = result.GetValue(report) is { } path ? WantedReport.At(path, PackageFacts.Of(package, key)) : null;
            var request = new CampaignRequest
            {
                Package = package,
                Only = part,
                PackageFile = zip,
                Targets = targets.Read(result),
                Restart = result.GetValue(restart),
                Plan = new() { Force = result.GetValue(force), Finish = new() { Verify = !result.GetValue(noVerify) } },
                Limits = new()
                {
                    Patience = result.GetValue(patience) ?? TimeSpan.FromSeconds(120),
                    MaxConcurrency = result.GetValue(concurrency),
                    MaxTransfersPerAdapter = result.GetValue(perAdapter),
                },
            };
            if (url is not null) return RunAtAsync(server, url, result, terminal, request with { By = CampaignCommand.By }, result.GetValue(json), wanted);
            var settings = new FlashSettings
            {
                DataDirectory = result.GetValue(dataDir) ?? DataDirectory.Default,
                Adapters = AdapterSpec.ParseAll(result.GetRequiredValue(adapter)),
                LogLevel = logLevel.Of(result),
                Say = LogLevels.To(terminal),
                Retention = keep.Wish(result),
                CacheSize = keep.CacheSize(result),
            };

            // Lines of a log would tear what is redrawn in place.
            var shown = settings.LogLevel == LogLevel.None ? terminal : terminal with { Live = false };
            return RunAsync(shown, request, settings, result.GetValue(json), wanted);
        });
        return command;
    }

    public static bool Words(string text, out string value)
    {
        value = text;
        return text.Length > 0;
    }

    /// <summary>The server that does it; null when this process does.</summary>
    /// <param name="ours">Options that say how this process does it; the radios are the first.</param>
    /// <exception cref="DfuException">InvalidArgument.</exception>
    public static Uri? Server(ParseResult result, HttpOptions server, System.CommandLine.Option[] ours)
    {
        var said = ours.FirstOrDefault(option => result.GetResult(option) is { Implicit: false });
        var url = server.Given(result);
        if (url is not null && said is not null)
            throw new DfuException(DfuError.InvalidArgument, $"{said.Name} and --server are given both") { Remedy = "A server has its own radios and data." };
        if (said is null) url ??= HttpOptions.OfEnvironment();
        if (url is not null) return url;
        server.RefuseWithout(result);
        return said == ours[0] ? null : throw new DfuException(DfuError.InvalidArgument, "no radio is given")
        {
            Remedy = "Give one by --adapter, such as bluez:* for all dongles of this host, or the --server that is to do it.",
        };
    }

    /// <summary>Has a server update the devices, and follows it; Ctrl-C stops following.</summary>
    private static async Task<int> RunAtAsync(
        HttpOptions server, Uri url, ParseResult result, Terminal terminal, CampaignRequest request, bool json, WantedReport? report)
    {
        using var signals = new StopSignals(terminal.ExitAtOnce);
        await using var fleet = await server.OpenAsync(url, result, terminal, signals.Token);
        var adapters = await fleet.AdaptersAsync(signals.Token);
        await using var campaign = await CreateCommand.StartAsync(fleet, request, signals.Token);
        var called = CampaignNames.Short(campaign.Id, await fleet.CampaignsAsync(signals.Token));
        var title = new ProgressTitle(ProgressTitle.Describe(request.Package), Format.Count(adapters.Length, "adapter"));
        return await CampaignWatch.RunAsync(terminal, campaign, called, title, json, report, signals.Token);
    }

    private static async Task<int> RunAsync(Terminal terminal, CampaignRequest request, FlashSettings settings, bool json, WantedReport? report)
    {
        using var signals = new StopSignals(terminal.ExitAtOnce);
        using var telemetry = CampaignRun.Telemetry(terminal);
        await using var run = await FlashRun.OpenAsync(settings with { Telemetry = telemetry }, TimeProvider.System);
        var title = new ProgressTitle(ProgressTitle.Describe(request.Package), Format.Count(settings.Adapters.Sum(adapter => adapter.Radios), "adapter"));
        var view = await CampaignRun.ShowAsync(terminal, title, run.Snapshot, run.RunAsync(request, signals.Token));
        return CampaignRun.Report(terminal, title, view, json, report, []);
    }
}
