using System.Diagnostics;
using System.Diagnostics.Tracing;
using System.Globalization;
using System.Net;
using Dfu.Client;
using Dfu.Fleet.Storage;
using Dfu.Grains;

namespace Dfu.Benchmarks.Followers;

/// <summary>What it costs to follow a campaign of 5,000 devices, 500 of them under way: bytes at the followers, processor time at the server.</summary>
internal static class FollowerBenchmark
{
    private const int Rounds = 3;
    private static readonly FollowedLoad Load = new(5000, 500);
    private static readonly int[] Counts = [0, 1, 10];

    /// <returns>0 when the goals are met, 1 otherwise.</returns>
    public static async Task<int> RunAsync(int seconds)
    {
        var ports = FollowedLoad.FreePorts(2);
        using var server = (Load with { SiloPort = ports[0], GatewayPort = ports[1] }).Start();
        try
        {
            var campaign = await server.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("the server did not start");
            Console.WriteLine($"A campaign of {Load.Devices:#,0} devices, {Load.Active} under way; followers look every 0.5 s.");
            await PauseAsync(10);
            using var received = new ReceivedBytes();
            await FirstViewAsync(ports[1], campaign, received);
            await MeasureAsync(server, received, ports[1], campaign, 10, seconds); // so that the server's code is compiled for good
            Console.WriteLine($"{"followers",10}{"server's time",16}{"received each",16}");
            var measured = Counts.ToDictionary(static count => count, static _ => new List<(double Share, double Rate)>());
            for (var round = 0; round < Rounds; round++)
            {
                foreach (var count in Counts)
                {
                    var one = await MeasureAsync(server, received, ports[1], campaign, count, seconds);
                    measured[count].Add(one);
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count,10}{one.Share,10:0.0 %} core{one.Rate / 1000,11:0} kB/s"));
                }
            }

            return Judge(measured);
        }
        finally
        {
            server.StandardInput.Close();
            if (!server.WaitForExit(TimeSpan.FromSeconds(10))) server.Kill();
        }
    }

    private static int Judge(Dictionary<int, List<(double Share, double Rate)>> measured)
    {
        var idle = measured[0].Average(static one => one.Share);
        var noise = measured[0].Max(static one => one.Share) - measured[0].Min(static one => one.Share);
        var one = measured[1].Average(static one => one.Share) - idle;
        var ten = measured[10].Average(static one => one.Share) - idle;
        var rate = measured[1].Average(static one => one.Rate);
        var good = one < 0.05 && rate < 200_000 && ten < 2 * Math.Max(one, noise);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"One follower costs the server {one:0.0 %} of a core and receives {rate / 1000:0} kB/s (goals: 5 %, 200 kB/s); ")
            + string.Create(CultureInfo.InvariantCulture, $"ten cost {ten:0.0 %} (goal: twice one). Without any the server's time varies by {noise:0.0 %}."));
        return good ? 0 : 1;
    }

    private static async Task FirstViewAsync(int gateway, string campaign, ReceivedBytes received)
    {
        var before = await received.ReadAsync();
        await using var client = Client(gateway);
        var begin = TimeProvider.System.GetTimestamp();
        await using var fleet = await client.FollowAsync(campaign, CancellationToken.None);
        var took = TimeProvider.System.GetElapsedTime(begin);
        var whole = FleetJson.WriteBytes(fleet.Snapshot()).Length;
        var bytes = await received.ReadAsync() - before;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"The first view: {bytes / 1e6:0.0} MB in {took.TotalSeconds:0.00} s with connecting. Whole views would be {whole / 1e6:0.0} MB each time."));
    }

    private static async Task<(double Share, double Rate)> MeasureAsync(
        Process server, ReceivedBytes received, int gateway, string campaign, int count, int seconds)
    {
        var followers = new List<(FleetClient Client, GrainFleet Fleet)>();
        for (var i = 0; i < count; i++)
        {
            var client = Client(gateway);
            followers.Add((client, await client.FollowAsync(campaign, CancellationToken.None)));
        }

        await PauseAsync(3);
        var bytes = await received.ReadAsync();
        server.Refresh();
        var (work, begin) = (server.TotalProcessorTime, TimeProvider.System.GetTimestamp());
        await PauseAsync(seconds);
        server.Refresh();
        var share = (server.TotalProcessorTime - work) / TimeProvider.System.GetElapsedTime(begin);
        var rate = count == 0 ? 0 : (await received.ReadAsync() - bytes) / TimeProvider.System.GetElapsedTime(begin).TotalSeconds / count;
        foreach (var (client, fleet) in followers)
        {
            await fleet.DisposeAsync();
            await client.DisposeAsync();
        }

        return (share, rate);
    }

    private static FleetClient Client(int gateway)
    {
        var options = new FleetClientOptions();
        options.Gateways.Add(new(IPAddress.Loopback, gateway));
        return new(options);
    }

    private static Task PauseAsync(double seconds) => Task.Delay(TimeSpan.FromSeconds(seconds), TimeProvider.System);

    /// <summary>All bytes that sockets of this process received, as .NET counts them.</summary>
    private sealed class ReceivedBytes : EventListener
    {
        private TaskCompletionSource<double> _next = new();

        /// <summary>The next count, which comes within a second.</summary>
        public async Task<double> ReadAsync()
        {
            await Volatile.Read(ref _next).Task; // it may have been on its way before the caller's work was done
            return await Volatile.Read(ref _next).Task;
        }

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name == "System.Net.Sockets")
                EnableEvents(eventSource, EventLevel.Informational, EventKeywords.None, new Dictionary<string, string?> { ["EventCounterIntervalSec"] = "1" });
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData)
        {
            if (eventData.EventName != "EventCounters" || eventData.Payload?[0] is not IDictionary<string, object?> counter) return;
            if (counter["Name"] is "bytes-received" && counter.TryGetValue("Mean", out var mean) && mean is double bytes)
                Interlocked.Exchange(ref _next, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult(bytes);
        }
    }
}
