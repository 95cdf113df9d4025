using System.Diagnostics;
using System.Globalization;
using Dfu.Silo.Adapters;
using Dfu.Silo.Serve;

namespace Dfu.Benchmarks.Endurance;

/// <summary>What <c>dfu serve</c> runs, over virtual devices of its own; prints its gateway, and then a sample every few seconds.</summary>
internal static class EnduranceServer
{
    public const string Role = "endurance-server";
    public const int Devices = 16;

    /// <summary>Simulated seconds in a real one.</summary>
    public const int TimeScale = 20;

    private static readonly TimeSpan SampleEvery = TimeSpan.FromSeconds(10);

    public static async Task RunAsync(string directory)
    {
        using var stop = new CancellationTokenSource();
        var sampling = Task.CompletedTask;
        _ = Task.Run(() =>
        {
            Console.In.ReadLine(); // until the one who started it is gone
            stop.Cancel();
        });
        await FleetServer.RunAsync(
            new()
            {
                Name = "farm",
                DataDirectory = directory,
                Adapters = AdapterSpec.ParseAll([$"sim:devices={Devices},radios=2,time-scale={TimeScale}"]),
                Ready = gateway =>
                {
                    Console.WriteLine(gateway);
                    sampling = SampleAsync(directory, stop.Token);
                },
            },
            TimeProvider.System,
            stop.Token);
        await sampling;
    }

    private static async Task SampleAsync(string directory, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(SampleEvery, TimeProvider.System);
        using var process = Process.GetCurrentProcess();
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
            {
                process.Refresh();
                var held = process.WorkingSet64;
                GC.Collect(); // or the heap is as large as its garbage happens to be
                var database = new DirectoryInfo(directory).GetFiles("fleet.db*").Sum(static file => file.Exists ? file.Length : 0);
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{held} {GC.GetTotalMemory(false)} {Directory.GetFiles("/proc/self/fd").Length} {process.Threads.Count} {database}"));
            }
        }
        catch (OperationCanceledException)
        {
            // The server ends.
        }
    }
}
