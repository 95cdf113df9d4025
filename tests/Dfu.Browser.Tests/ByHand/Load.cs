using System.Globalization;
using System.Text.Json;
using Dfu.Browser.Tests.Browsing;
using Dfu.Browser.Tests.Serving;
using Microsoft.Playwright;
using Xunit.Abstractions;
using static Microsoft.Playwright.Assertions;

namespace Dfu.Browser.Tests.ByHand;

/// <summary>
/// What the page of a large campaign costs a browser, by the browser's own trace:
/// <c>DFU_MEASURE=1 dotnet test tests/Dfu.Browser.Tests --filter Load --logger "console;verbosity=detailed"</c>.
/// </summary>
[Collection(BrowserFarm.Name)]
public sealed class Load(BrowserFarm farm, ITestOutputHelper output) : IAsyncLifetime
{
    private const double LongTask = 100;
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(20);
    private readonly string _folder = Directory.CreateTempSubdirectory("dfu-load-").FullName;

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return Task.CompletedTask;
    }

    [ByHandFact("DFU_MEASURE")]
    public Task A_thousand_units_at_work() => MeasureAsync(1000, most: 100 * 1024);

    [ByHandFact("DFU_MEASURE")]
    public Task Five_thousand_units_at_work() => MeasureAsync(5000, most: 500 * 1024);

    private async Task MeasureAsync(int units, double most)
    {
        await using var server = await ServerProcess.StartAsync(_folder, $"sim:seed=7,adapters=8,devices={units},links={units / 4},radios=64,mode=dfu");
        await using var fleet = BrowserFarm.ClientOf(server);
        var id = await BrowserFarm.StartAsync(fleet, "load", Packages.Application(2, 512 * 1024), units);
        await using var visit = await Visit.BeginAsync(farm.Browser, server.Url, width: 1920, height: 1080);
        var (bytes, counting) = (0L, false);
        visit.Page.WebSocket += (_, socket) => socket.FrameReceived += (_, frame) =>
        {
            if (counting) Interlocked.Add(ref bytes, frame.Binary?.Length ?? frame.Text?.Length ?? 0);
        };
        await visit.GoAsync($"/campaigns/{id}");
        await Expect(visit.Page.Locator(".unit.atwork").Nth(units / 20)).ToBeAttachedAsync(new() { Timeout = 120_000 });
        var trace = await Trace.BeginAsync(visit.Page);
        counting = true;
        await visit.Page.EvaluateAsync($"new Promise(resolve => setTimeout(resolve, {Measured.TotalMilliseconds}))");
        counting = false;
        var tasks = await trace.EndAsync();
        var atWork = await visit.Page.Locator(".unit.atwork").CountAsync();
        var rate = bytes / Measured.TotalSeconds;
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{units} units, {atWork} at work at the end: {rate / 1024:0.0} KiB/s, {tasks.Count(static ms => ms > LongTask)} tasks over {LongTask} ms, "
            + $"the longest {tasks.DefaultIfEmpty().Max():0} ms, {tasks.Sum() / Measured.TotalMilliseconds:P1} of a core in the page's main thread"));
        Assert.True(rate < most, $"{rate:0} bytes a second");
        Assert.NotEmpty(tasks);
        Assert.DoesNotContain(tasks, static ms => ms > LongTask);
    }

    /// <summary>The browser's own record of what its main thread did.</summary>
    private sealed class Trace
    {
        private const string TaskName = "RunTask";
        private readonly ICDPSession _session;
        private readonly List<JsonElement> _events = [];
        private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);

        private Trace(ICDPSession session)
        {
            _session = session;
            session.Event("Tracing.dataCollected").OnEvent += (_, data) => _events.AddRange(data!.Value.GetProperty("value").EnumerateArray());
            session.Event("Tracing.tracingComplete").OnEvent += (_, _) => _complete.TrySetResult();
        }

        public static async Task<Trace> BeginAsync(IPage page)
        {
            var trace = new Trace(await page.Context.Browser!.NewBrowserCDPSessionAsync());
            var wanted = new Dictionary<string, object>
            {
                ["categories"] = "toplevel,disabled-by-default-devtools.timeline,__metadata",
                ["transferMode"] = "ReportEvents",
            };
            await trace._session.SendAsync("Tracing.start", wanted);
            return trace;
        }

        /// <returns>Milliseconds of each task of the busiest page's main thread.</returns>
        public async Task<List<double>> EndAsync()
        {
            await _session.SendAsync("Tracing.end");
            await _complete.Task.WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System);
            var mains = _events.Where(static one => Text(one, "name") == "thread_name" && Text(one.GetProperty("args"), "name") == "CrRendererMain")
                .Select(Thread).ToHashSet();
            return _events.Where(one => Text(one, "name") == TaskName && mains.Contains(Thread(one)) && one.TryGetProperty("dur", out _))
                .GroupBy(Thread).Select(static tasks => tasks.Select(static one => one.GetProperty("dur").GetDouble() / 1000).ToList())
                .MaxBy(static tasks => tasks.Sum()) ?? [];
        }

        private static (int Process, int Thread) Thread(JsonElement one) => (one.GetProperty("pid").GetInt32(), one.GetProperty("tid").GetInt32());

        private static string? Text(JsonElement one, string name) => one.TryGetProperty(name, out var value) ? value.GetString() : null;
    }
}
