using System.Diagnostics;
using System.Globalization;
using Dfu.Api;

namespace Dfu.Benchmarks.Followers;

/// <summary>
/// What it costs to show a campaign to viewers by server-sent events: processor time and memory of the server with viewers and without, in turns, and
/// bytes and events at each viewer.
/// </summary>
internal static class FeedBenchmark
{
    private const int Rounds = 3;
    private const double Seconds = 15;
    private const double MostShare = 0.10;
    private const double MostRate = 100_000;

    /// <returns>0 when the goals are met, 1 otherwise.</returns>
    public static async Task<int> RunAsync(int devices, int viewers, int active)
    {
        var ports = FollowedLoad.FreePorts(3);
        using var server = new FollowedLoad(devices, active) { SiloPort = ports[0], GatewayPort = ports[1], WebPort = ports[2] }.Start();
        try
        {
            var campaign = await server.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("the server did not start");
            using var http = new HttpClient { BaseAddress = new($"http://127.0.0.1:{ports[2]}"), Timeout = Timeout.InfiniteTimeSpan };
            Console.WriteLine($"A campaign of {devices:#,0} devices, {active:#,0} of them being sent something; {viewers} viewers.");
            await PauseAsync(10);
            await MeasureAsync(server, http, campaign, viewers); // so that the server's code is compiled for good
            var (without, with) = (new List<Measured>(), new List<Measured>());
            Console.WriteLine($"{"viewers",8}{"server's time",18}{"memory",12}{"each viewer",16}{"events",12}");
            for (var round = 0; round < Rounds; round++)
            {
                without.Add(await MeasureAsync(server, http, campaign, 0));
                Print(0, without[^1]);
                with.Add(await MeasureAsync(server, http, campaign, viewers));
                Print(viewers, with[^1]);
            }

            return Judge(without, with, viewers);
        }
        finally
        {
            server.StandardInput.Close();
            if (!server.WaitForExit(TimeSpan.FromSeconds(10))) server.Kill();
        }
    }

    private static int Judge(List<Measured> without, List<Measured> with, int viewers)
    {
        var share = with.Average(static one => one.Share) - without.Average(static one => one.Share);
        var noise = without.Max(static one => one.Share) - without.Min(static one => one.Share);
        var rate = with.Average(static one => one.Rate);
        var memory = with.Average(static one => one.Memory) - without.Average(static one => one.Memory);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{viewers} viewers cost the server {share:0.0 %} of a core (goal: {MostShare:0 %}; without any its time varies by {noise:0.0 %}) "
            + $"and {memory / 1e6:0.0} MB; "
            + $"each gets {rate / 1000:0} kB/s (goal: {MostRate / 1000:0}), the first {with.Average(static one => one.First) / 1000:0} kB at once."));
        return share < MostShare && rate < MostRate ? 0 : 1;
    }

    private static void Print(int viewers, Measured one) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{viewers,8}{one.Share,11:0.0 %} core{one.Memory / 1e6,9:0.0} MB{one.Rate / 1000,11:0} kB/s{one.Events,10:0.0}/s"));

    private static async Task<Measured> MeasureAsync(Process server, HttpClient http, string campaign, int count)
    {
        using var leave = new CancellationTokenSource();
        var viewers = Enumerable.Range(0, count).Select(_ => new Viewer()).ToArray();
        var watching = viewers.Select(viewer => viewer.WatchAsync(http, ApiRoutes.EventsOf(campaign), leave.Token)).ToArray();
        await PauseAsync(7); // a reader goes on for some seconds when nobody watches any more
        var (first, events) = (viewers.Sum(static viewer => viewer.Bytes), viewers.Sum(static viewer => viewer.Events));
        server.Refresh();
        var (work, begin) = (server.TotalProcessorTime, TimeProvider.System.GetTimestamp());
        await PauseAsync(Seconds);
        server.Refresh();
        var took = TimeProvider.System.GetElapsedTime(begin);
        var share = (server.TotalProcessorTime - work) / took;
        var each = count == 0 ? 1 : count * took.TotalSeconds;
        var measured = new Measured(
            share,
            (viewers.Sum(static viewer => viewer.Bytes) - first) / each,
            (viewers.Sum(static viewer => viewer.Events) - events) / each,
            double.Parse(await http.GetStringAsync(FeedServer.Memory, CancellationToken.None), CultureInfo.InvariantCulture),
            viewers.Sum(static viewer => viewer.First) / Math.Max(1, count));
        leave.Cancel();
        await Task.WhenAll(watching);
        return measured;
    }

    private static Task PauseAsync(double seconds) => Task.Delay(TimeSpan.FromSeconds(seconds), TimeProvider.System);

    /// <param name="Share">Of a core.</param>
    /// <param name="Rate">Bytes a second at each viewer.</param>
    /// <param name="Events">Events a second at each viewer.</param>
    /// <param name="Memory">Managed bytes of the server that are in use.</param>
    /// <param name="First">Bytes of the snapshot.</param>
    private sealed record Measured(double Share, double Rate, double Events, double Memory, double First);

    /// <summary>Counts what it is sent.</summary>
    private sealed class Viewer
    {
        private const string More = "\"more\":true";

        public long Bytes { get; private set; }

        public long Events { get; private set; }

        /// <summary>Bytes up to the end of the snapshot.</summary>
        public long First { get; private set; }

        public async Task WatchAsync(HttpClient http, string path, CancellationToken leave)
        {
            try
            {
                using var answer = await http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, leave);
                answer.EnsureSuccessStatusCode();
                using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(leave));
                while (await lines.ReadLineAsync(leave) is { } line)
                {
                    Bytes += line.Length + 1;
                    if (!line.StartsWith("data: ", StringComparison.Ordinal)) continue;
                    Events++;
                    if (First == 0 && !line.Contains(More, StringComparison.Ordinal)) First = Bytes;
                }
            }
            catch (OperationCanceledException)
            {
                // It has seen enough.
            }
        }
    }
}
