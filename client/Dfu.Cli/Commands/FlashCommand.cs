using System.CommandLine;
using System.Security.Cryptography;
using Dfu.Cli.Arguments;
using Dfu.Cli.Progress;
using Dfu.Cli.Reports;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Orders;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;
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
            "SPEC",
            required: true);
        var device = Arguments.Option.Many<BluetoothAddress>(
            "--device",
            "These devices, by application or bootloader address.",
            BluetoothAddress.TryParse,
            "an address such as C0:98:76:54:32:10",
            "ADDRESS");
        var all = Arguments.Option.Flag("--all", "Every device heard in the first --scan-time.");
        var name = Arguments.Option.Text("--name", "Every device heard then whose name matches; * and ? as in a shell.", "GLOB");
        var targets = Arguments.Option.Text("--targets", "The devices of a file with an address in the first column, such as an earlier report.", "CSV");
        var only = Arguments.Option.Of<ImageType?>(
            "--only",
            "Send this part of the package and no other: application, softdevice, bootloader or softdevice_bootloader.",
            Part,
            "a part of a package: application, softdevice, bootloader or softdevice_bootloader",
            null,
            "PART");
        var scanTime = Arguments.Option.Time(
            "--scan-time",
            "How long --all and --name listen, 1 s to 10 min; 10 s unless given.",
            TimeSpan.FromMinutes(10),
            "a time from 1s to 10min");
        var count = Arguments.Option.Number("--count", "With --all and --name: wait for so many devices instead of --scan-time.", 1, OrderRules.MostDevices);
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
        var report = Arguments.Option.Text("--report", "Write what became of every device to this file; .csv, .json or .xml (JUnit).", "FILE");
        var restart = Arguments.Option.Flag("--restart", "Forget the update that the data directory holds.");
        var force = Arguments.Option.Flag("--force", "Flash also what is known to run the package already, or to refuse it.");
        var noVerify = Arguments.Option.Flag("--no-verify", "Do not wait for the new application: what the bootloader accepted counts as updated.");
        var publicKey = KeyOption.Public("Refuse the package unless it is signed for this P-256 key.");
        var json = Arguments.Option.Flag("--json", "Print one JSON document.");
        var logLevel = LogLevels.Option(LogLevel.None);
        var command = new Command("flash", "Update devices. After a crash or Ctrl-C the same command goes on where it was.")
        {
            file, adapter, device, all, name, targets, only, scanTime, count, patience, concurrency, perAdapter,
            dataDir, report, restart, force, noVerify, publicKey, json, logLevel,
        };
        var keep = new KeepOptions();
        keep.AddTo(command);
        command.SetAction((result, _) =>
        {
            using var key = publicKey.Read(result, terminal);
            var (package, zip) = Read(result.GetRequiredValue(file), key);
            var part = result.GetValue(only);
            package = package.Only(part);
            DoubtLines.Write(terminal, PackageDoubts.Of(package));
            if (result.GetValue(report) is { } path) ReportFile.Check(path);
            var listens = result.GetValue(all) || result.GetValue(name) is not null;
            if (!listens && (result.GetValue(count) is not null || result.GetValue(scanTime) is not null))
                throw new DfuException(
                    DfuError.InvalidArgument,
                    "--count and --scan-time go with --all or --name: devices that are named are waited for anyway");
            var request = new CampaignRequest
            {
                Package = package,
                Only = part,
                PackageFile = zip,
                Targets = Select(result.GetRequiredValue(device), result.GetValue(all), result.GetValue(name), result.GetValue(targets)) with
                {
                    ScanTime = result.GetValue(scanTime) ?? TimeSpan.FromSeconds(10),
                    Count = result.GetValue(count),
                },
                Restart = result.GetValue(restart),
                Plan = new() { Force = result.GetValue(force), Finish = new() { Verify = !result.GetValue(noVerify) } },
                Limits = new()
                {
                    Patience = result.GetValue(patience) ?? TimeSpan.FromSeconds(120),
                    MaxConcurrency = result.GetValue(concurrency),
                    MaxTransfersPerAdapter = result.GetValue(perAdapter),
                },
            };
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
            return RunAsync(shown, request, settings, result.GetValue(json), result.GetValue(report));
        });
        return command;
    }

    public static bool Words(string text, out string value)
    {
        value = text;
        return text.Length > 0;
    }

    private static async Task<int> RunAsync(Terminal terminal, CampaignRequest request, FlashSettings settings, bool json, string? report)
    {
        using var signals = new StopSignals(terminal.ExitAtOnce);
        using var telemetry = CampaignRun.Telemetry(terminal);
        await using var run = await FlashRun.OpenAsync(settings, TimeProvider.System);
        var title = new ProgressTitle(ProgressTitle.Describe(request.Package), Format.Count(settings.Adapters.Sum(adapter => adapter.Radios), "adapter"));
        var view = await CampaignRun.ShowAsync(terminal, title, run.Snapshot, run.RunAsync(request, signals.Token));
        return CampaignRun.Report(terminal, title, view, json, report, []);
    }

    /// <summary>The package and the very bytes it was read from.</summary>
    private static (DfuPackage Package, byte[] Zip) Read(string path, ECDsa? key)
    {
        var package = PackageReader.Read(path, key);
        var zip = File.ReadAllBytes(path);
        return Convert.ToHexStringLower(SHA256.HashData(zip)) == package.Id
            ? (package, zip)
            : throw new DfuException(DfuError.PackageNotAZip, $"{path} was changed while it was read");
    }

    private static TargetSelection Select(BluetoothAddress[] devices, bool all, string? name, string? targets)
    {
        var kinds = (devices.Length > 0 ? 1 : 0) + (all ? 1 : 0) + (name is null ? 0 : 1) + (targets is null ? 0 : 1);
        if (kinds != 1)
        {
            throw new DfuException(
                DfuError.InvalidArgument,
                kinds == 0 ? "no devices are chosen: give --device, --all, --name or --targets" : "give only one of --device, --all, --name and --targets");
        }
        return new TargetSelection
        {
            Addresses = targets is null ? [.. devices] : [.. TargetList.Read(targets)],
            All = all,
            NameGlob = name,
        };
    }

    private static bool Part(string text, out ImageType? value)
    {
        var known = ImageTypes.TryParse(text, out var type);
        value = type;
        return known;
    }
}
