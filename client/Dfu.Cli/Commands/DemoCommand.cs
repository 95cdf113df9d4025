using System.CommandLine;
using System.Globalization;
using Dfu.Cli.Arguments;
using Dfu.Cli.Dashboards;
using Dfu.Cli.Progress;
using Dfu.Silo.Simulation;

namespace Dfu.Cli.Commands;

/// <summary><c>dfu demo</c>.</summary>
internal static class DemoCommand
{
    private const int DefaultImage = 200 * 1024;
    private const int LargestImage = 512 * 1024;

    public static Command Create(Terminal terminal)
    {
        var devices = Arguments.Option.Number("--devices", "Virtual devices.", 1, 2000, 100);
        var adapters = Arguments.Option.Number("--adapters", "Simulated radios.", 1, 64, 4);
        var size = Arguments.Option.Of<long?>(
            "--size",
            "Size of the firmware, 4KiB to 512KiB; 200KiB unless given.",
            Size,
            "a size from 4KiB to 512KiB such as 200KiB",
            null,
            "SIZE");
        var dropRate = Arguments.Option.Of<double>(
            "--drop-rate",
            "Probability per data object (4 KiB) that its link drops.",
            Quantities.TryParseProbability,
            "a probability such as 0.02 or 2%",
            0.02,
            "P");
        var saveProgress = Arguments.Option.TrueOrFalse(
            "--save-progress",
            "Whether the devices' bootloader saves its progress; Nordic's default one does not.",
            false);
        var timeScale = Arguments.Option.Of<double>(
            "--time-scale",
            "Simulated seconds in a real one.",
            Quantities.TryParseFactor,
            "a factor such as 20",
            20,
            "X");
        var seed = Arguments.Option.Number("--seed", "Decides the image, the addresses and what devices and links do.", 0, int.MaxValue, 1);
        var dashboard = DashboardCommand.Flag("Show traces, metrics and logs of it on a dashboard, which stays open afterwards until Ctrl-C.");
        var json = Arguments.Option.Flag("--json", "Print one JSON document.");
        var command = new Command("demo", "Update virtual devices with the real engine: nothing to set up, no hardware.")
        {
            devices, adapters, size, dropRate, saveProgress, timeScale, seed, dashboard, json,
        };
        command.SetAction((result, cancellationToken) => RunAsync(
            terminal,
            new DemoSettings
            {
                Devices = result.GetValue(devices)!.Value,
                Adapters = result.GetValue(adapters)!.Value,
                Size = (int)(result.GetValue(size) ?? DefaultImage),
                DropRate = result.GetValue(dropRate),
                SaveProgress = result.GetValue(saveProgress),
                TimeScale = Math.Min(result.GetValue(timeScale), Demo.FastestClock),
                Seed = result.GetValue(seed)!.Value,
            },
            result.GetValue(dashboard),
            result.GetValue(json)));
        return command;
    }

    private static async Task<int> RunAsync(Terminal terminal, DemoSettings settings, bool onDashboard, bool json)
    {
        using var signals = new StopSignals(terminal.ExitAtOnce);
        if (!onDashboard) return await UpdateAsync(terminal, settings, null, json, signals.Token);
        await using var dashboard = await DashboardCommand.OpenAsync(terminal, signals.Token);
        var code = await UpdateAsync(terminal, settings, DashboardCommand.VariablesOf(dashboard, "dfu-demo"), json, signals.Token);
        if (signals.Token.IsCancellationRequested) return code;
        terminal.Error.WriteLine(dashboard.IsOurs
            ? $"dfu: look at it on the dashboard, {dashboard.Address.Page} - Ctrl-C ends it"
            : $"dfu: look at it on the dashboard, {dashboard.Address.Page}");
        await dashboard.StayOpenAsync(signals.Token);
        return code;
    }

    private static async Task<int> UpdateAsync(Terminal terminal, DemoSettings settings, DashboardVariables? seen, bool json, CancellationToken stop)
    {
        using var telemetry = CampaignRun.Telemetry(terminal, seen: seen);
        await using var demo = new Demo(settings, telemetry);
        var note = string.Create(
            CultureInfo.InvariantCulture,
            $"on an Orleans silo, virtual devices, {Format.Count(settings.Adapters, "radio")}, {settings.DropRate * 100:0.##} % drops per object, ")
            + string.Create(CultureInfo.InvariantCulture, $"clock x{settings.TimeScale:0.##}");
        var title = new ProgressTitle(ProgressTitle.Describe(demo.Package), note, settings.TimeScale);
        var view = await CampaignRun.ShowAsync(terminal, title, demo.Snapshot, demo.RunAsync(stop));
        var verified = demo.CountVerified();
        var complete = verified == settings.Devices;
        var check = complete
            ? $"[green]read back from the flash of {(verified == 1 ? "the device" : $"all {verified} devices")}: "
                + "the image is there, byte for byte, signature checked, and running[/]"
            : $"read back: {verified} of {settings.Devices} devices hold the image and run it";
        var code = CampaignRun.Report(terminal, title, view, json, null, [("Checked", check)]);

        // The engine's word and the devices' flash must agree.
        return code == ExitCode.Succeeded && !complete ? ExitCode.SomeFailed : code;
    }

    private static bool Size(string text, out long? bytes)
    {
        var read = Quantities.TryParseSize(text, out var value);
        bytes = value;
        return read && value is >= 4096 and <= LargestImage;
    }
}
