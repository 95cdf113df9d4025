using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Dfu.Benchmarks.Performance;
using Dfu.Cluster.Scenario.Processes;
using Dfu.Fleet.Campaigns;

namespace Dfu.Benchmarks.Fleets;

/// <summary>How much slower transfers are, in real time on Orleans, than the model of devices and radios alone makes them; and what they cost.</summary>
internal static class FleetBenchmark
{
    /// <summary>Seconds for which the air alone may keep a run busy; what would take longer is left out.</summary>
    private const double Longest = 30;

    /// <returns>0 when every campaign succeeded.</returns>
    public static async Task<int> RunAsync(FleetOptions options)
    {
        var runs = options.Adapters.Order()
            .SelectMany(adapters => options.Devices.Order().Select(devices => (Devices: devices, Adapters: adapters)))
            .Where(static run => run.Devices >= run.Adapters && SecondsOfAir(run.Devices, run.Adapters) < Longest)
            .OrderBy(static run => run)
            .ToList();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"4. {FleetRoom.ImageBytes:#,0} bytes to each device in real time, "
                + $"{FleetRoom.Radio.MaxLinks} links an adapter, {Environment.ProcessorCount} cores."));
        Console.WriteLine();
        Console.WriteLine("| devices | adapters | store | at once | model | took | slow-down | slowest | all | load | CPU s/MB | heap KB | working set KB |");
        Console.WriteLine("|--:|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
        var plot = new BarPlot("How much longer a transfer takes than devices and radio alone make it", " %", 5);
        var bounds = new Dictionary<int, FleetBound>();
        var wrong = 0;
        foreach (var (devices, adapters) in runs)
        {
            var alone = Transfers.Together(
                Enumerable.Range(0, adapters).Select(adapter => FleetRoom.Near(adapter, devices, adapters)).Select(near => BoundOf(near).Transfers));
            foreach (var storage in options.Storage)
            {
                var figures = await MeasureAsync(devices, adapters, storage);
                if (figures.Outcome != CampaignOutcome.Succeeded) wrong++;
                Say(devices, adapters, storage, figures, alone);
                plot.Add($"{devices} devices, {adapters} adapters, {storage}", Percent(figures.Transfers.Mean, alone.Mean));
            }
        }

        Console.WriteLine();
        foreach (var (near, bound) in bounds)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"model and transfers without Orleans, {near} devices: {bound.CpuPerMegabyte:0.000} CPU s/MB"));
        }

        if (options.Plots is { } plots)
        {
            Directory.CreateDirectory(plots);
            plot.Write(Path.Combine(plots, "fleet.svg"));
        }

        return wrong == 0 ? 0 : 1;

        FleetBound BoundOf(int near) => bounds.TryGetValue(near, out var known) ? known : bounds[near] = FleetBound.Of(near);
    }

    private static void Say(int devices, int adapters, string storage, FleetFigures figures, Transfers alone)
    {
        var took = figures.Transfers;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {devices} | {adapters} | {storage} | {took.AtOnce} | {alone.Mean:0.00} | {took.Mean:0.00} | {Percent(took.Mean, alone.Mean):0.0} % "
                + $"| {Percent(took.At(1), alone.At(1)):0.0} % | {took.All:0.0} of {alone.All:0.0} s "
                + $"| {figures.Cpu / took.All / Environment.ProcessorCount:0.00} | {figures.Cpu / (devices * FleetRoom.ImageBytes / 1e6):0.00} "
                + $"| {figures.Heap / devices / 1000:0} | {figures.WorkingSet / devices / 1000:0} |")
            + (figures.Outcome == CampaignOutcome.Succeeded ? "" : $" {figures.Outcome}"));
    }

    private static double SecondsOfAir(int devices, int adapters) => devices * FleetRoom.ImageBytes / FleetRoom.RadioRate / adapters;

    private static double Percent(double took, double bound) => ((took / bound) - 1) * 100;

    private static async Task<FleetFigures> MeasureAsync(int devices, int adapters, string storage)
    {
        await using var database = storage == "postgres" ? await PostgresServer.StartAsync() : null;
        var start = new ProcessStartInfo(
            "dotnet",
            [
                typeof(FleetBenchmark).Assembly.Location, FleetProcess.Role, devices.ToString(CultureInfo.InvariantCulture),
                adapters.ToString(CultureInfo.InvariantCulture), database?.Connection ?? storage,
            ])
        {
            RedirectStandardOutput = true,
        };

        // As the command itself is built.
        start.Environment["DOTNET_TieredPGO"] = "0";
        using var process = Process.Start(start)!;
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? JsonSerializer.Deserialize<FleetFigures>(said)!
            : throw new InvalidOperationException($"a fleet of {devices} devices over {adapters} adapters broke down");
    }
}
