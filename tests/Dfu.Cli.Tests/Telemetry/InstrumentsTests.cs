using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using Dfu.Client;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Grains;
using Dfu.Grains.Storage;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Timing;
using Dfu.Server.Hosting;
using Dfu.Silo.Adapters;
using Dfu.Silo.Serve;
using Dfu.Silo.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;

namespace Dfu.Cli.Tests.Telemetry;

/// <summary>
/// What a server exports while all happens to it that there is an instrument for: everything in the tables arrives with all of its tags, and nothing else
/// does.
/// </summary>
public sealed partial class InstrumentsTests : IDisposable
{
    /// <summary>Devices that lose what they were sent when their link drops, one that keeps it, and one that drops before there is anything to keep.</summary>
    private const string Forgetful = "sim:devices=4,mode=app,drop-after=40000,save-progress=false,time-scale=10,seed=1";
    private const string Keeping = "sim:devices=1,mode=app,drop-after=30000,save-progress=true,time-scale=20,seed=2";
    private const string Fruitless = "sim:devices=1,mode=app,drop-after=2000,time-scale=20,seed=3";

    /// <summary>Is cancelled before it is done.</summary>
    private const string Slow = "sim:devices=1,mode=app,time-scale=0.25,seed=4";

    private static readonly TimeSpan Long = TimeSpan.FromSeconds(90);

    /// <summary>What only a defect or a network in trouble does, told on the very instruments; tests that make it happen are elsewhere.</summary>
    private static readonly (string Instrument, (string, object?)[] Tags)[] Trouble =
    [
        ("dfu.object.repeats", [("dfu.repeat.reason", "short")]),
        ("dfu.lease.lost", [("dfu.adapter.id", Forgetful)]),
        ("orleans-app-requests-timedout", [("grain_type", "device")]),
        ("orleans-messaging-expired", [("Phase", "Receive")]),
        ("orleans-messaging-rejected", [("Direction", "Request")]),
        ("orleans-messaging-sent-dropped", [("Direction", "Request")]),
        ("orleans-messaging-pings-reply-missed", [("Destination", "S127.0.0.1:11111:1")]),
        ("orleans-scheduler-long-running-turns", []),
        ("kestrel.rejected_connections", [("server.address", "127.0.0.1"), ("server.port", 5280), ("network.type", "ipv4")]),
    ];

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("dfu-instruments-");

    public void Dispose() => _directory.Delete(true);

    [Fact]
    public async Task Every_instrument_of_the_tables_arrives_with_its_tags_and_no_other()
    {
        using var collector = new OtlpReceiver();
        var variables = new OtlpVariables(
            [
                new("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", collector.Endpoint + "/v1/metrics"),
                new("OTEL_METRIC_EXPORT_INTERVAL", "100"),
            ],
            static warning => Assert.Fail(warning));
        using var instruments = new Published();
        var page = "";
        using (TelemetryExport.From(variables, "station"))
        using (var scraped = ScrapedMetrics.Begin("station"))
        {
            await ServeAsync(instruments, scraped, async http =>
            {
                await UntilArrivedAsync(collector);
                page = await http.GetStringAsync(ScrapedMetrics.Path);
            });
        }

        AssertPage(page);

        Assert.Empty(Missing(collector, TelemetryTables.Instruments));
        var rows = TelemetryTables.Instruments.ToDictionary(static row => row.Name);
        foreach (var (scope, metric) in Arrived(collector))
        {
            Assert.True(rows.TryGetValue(metric.Name, out var row), $"{scope} {metric.Name} is in no table");
            Assert.Equal((row.Name, row.Kind, row.Unit), (metric.Name, instruments.Kind(metric.Name), metric.Unit));
            Assert.True(row.Meter.Length == 0 ? scope is "Dfu.Fleet" or "Dfu.Protocol" : scope == row.Meter, $"{metric.Name} is of {scope}");
            foreach (var (key, value) in Points(metric).SelectMany(OtlpReceiver.Tags))
            {
                Assert.Contains(key, row.Tags);
                Assert.DoesNotMatch(DeviceAddress(), value);
            }
        }
    }

    /// <summary>The page has the same, under the names that Prometheus makes of them. Nobody on this machine needs a key for it.</summary>
    private static void AssertPage(string page)
    {
        var shown = page.Split('\n').Where(static line => line.StartsWith("# TYPE ", StringComparison.Ordinal))
            .Select(static line => line.Split(' ')[2]).ToHashSet();
        shown.Remove("target_info");
        var rows = TelemetryTables.Instruments.ToDictionary(static row => row.PrometheusName);
        Assert.Empty(shown.Except(rows.Keys));

        // What only an outcome tells, and what is there for moments, need not be on it when it is read.
        string[] late = ["dfu_update_ended_total", "dfu_update_duration_seconds", "dfu_deadline_slack_seconds"];
        Assert.Empty(rows.Keys.Except(shown).Except(late));
        Assert.DoesNotMatch(WrittenAddress(), page);
    }

    private static IEnumerable<(string Scope, OtlpMetric Metric)> Arrived(OtlpReceiver collector) =>
        from export in collector.Metrics
        from resource in export.Resources
        from scope in resource.Scopes
        from metric in scope.Metrics
        select (scope.Scope.Name, metric);

    /// <summary>What of the tables has not arrived: instruments, and tags of them.</summary>
    private static IReadOnlyList<string> Missing(OtlpReceiver collector, IEnumerable<DocumentedInstrument> rows)
    {
        var tags = Arrived(collector).GroupBy(static one => one.Metric.Name).ToDictionary(
            static all => all.Key,
            static all => all.SelectMany(static one => Points(one.Metric)).SelectMany(static point => point.Select(static tag => tag.Key)).ToHashSet());
        return [.. rows.SelectMany(row => tags.TryGetValue(row.Name, out var known) ? row.Tags.Except(known).Select(tag => $"{row.Name} {tag}") : [row.Name])];
    }

    private static async Task UntilArrivedAsync(OtlpReceiver collector)
    {
        // What only the end of an update tells arrives with it.
        var before = TelemetryTables.Instruments.Where(static row => !row.Name.StartsWith("dfu.update.", StringComparison.Ordinal)).ToArray();
        var began = TimeProvider.System.GetTimestamp();
        while (Missing(collector, before) is [_, ..] missing)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Long, $"these never arrived: {string.Join(", ", missing)}");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }
    }

    private static IEnumerable<IEnumerable<Attribute>> Points(OtlpMetric metric) => metric.DataCase switch
    {
        OtlpMetric.DataOneofCase.Histogram => metric.Histogram.Points.Select(static point => point.Attributes),
        OtlpMetric.DataOneofCase.Gauge => metric.Gauge.Points.Select(static point => point.Attributes),
        _ => metric.Sum.Points.Select(static point => point.Attributes),
    };

    /// <summary>Serves two farms, updates them, and makes trouble meanwhile.</summary>
    private async Task ServeAsync(Published instruments, ScrapedMetrics scraped, Func<HttpClient, Task> untilArrived)
    {
        var ready = new TaskCompletionSource<System.Net.IPEndPoint>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var stop = new CancellationTokenSource();
        ServedSilo? served = null;
        Uri? url = null;
        var running = FleetServer.RunAsync(
            new()
            {
                Name = "station",
                DataDirectory = _directory.FullName,
                Adapters = AdapterSpec.ParseAll([Forgetful, Keeping, Fruitless, Slow]),
                Beside = async (silo, stopping) =>
                {
                    served = silo;
                    var web = await FleetWeb.StartAsync(
                        new() { Urls = [new("http://127.0.0.1:0")], Metrics = scraped }, silo, TimeProvider.System, stopping);
                    url = web.Url;
                    return web;
                },
                Ready = ready.SetResult,
            },
            TimeProvider.System,
            stop.Token);
        if (await Task.WhenAny(ready.Task, running).WaitAsync(Long, TimeProvider.System) == running) await running;
        try
        {
            var fleet = new GrainServer(served!.Grains, TimeProvider.System);
            await using var campaign = await fleet.StartAsync(Request(), CancellationToken.None);
            await BreakConnectAsync(fleet, campaign, instruments);
            await ConflictAsync(served);
            Background.Report("be tested", new DfuException(DfuError.Unexpected, "a test wants to see it counted"));
            foreach (var (instrument, tags) in Trouble) instruments.Add(instrument, tags);
            using var http = new HttpClient { BaseAddress = url };
            await http.GetStringAsync("/api/v1/about");
            var options = new FleetClientOptions();
            options.Gateways.Add(await ready.Task);
            await using (var client = new FleetClient(options)) await client.CampaignsAsync(CancellationToken.None);
            await untilArrived(http);
            await fleet.ControlAsync(campaign.Snapshot().Id, new CampaignControl(CampaignControlKind.Cancel, "a test") { Cut = true }, CancellationToken.None);
            var view = await campaign.WaitAsync(CancellationToken.None).WaitAsync(Long, TimeProvider.System);
            Assert.Contains(view.Devices, static device => device.Outcome == DeviceOutcome.Cancelled);
        }
        finally
        {
            await stop.CancelAsync();
            await running;
        }
    }

    private static CampaignRequest Request()
    {
        var image = new byte[60_000];
        new Random(1).NextBytes(image);
        var file = PackageWriter.Create(
            new PackageContents { Application = new FirmwareFile("app", image), ApplicationVersion = 2, HwVersion = 52, SdReq = [0x0100] }, null);
        return new()
        {
            Package = PackageReader.Read(file, null),
            PackageFile = file,
            Targets = new() { All = true, Count = 7, ScanTime = TimeSpan.FromSeconds(10) },
        };
    }

    /// <summary>The good adapter is reset while it connects, so that a connect fails and a step is taken to get the adapter back.</summary>
    private static async Task BreakConnectAsync(GrainServer fleet, GrainFleet campaign, Published instruments)
    {
        var adapter = (await fleet.AdaptersAsync(CancellationToken.None)).Single(one => one.Id.EndsWith(Forgetful, StringComparison.Ordinal)).Id;
        while (!instruments.Has("dfu.connect.duration", "error.type"))
        {
            Assert.Equal(CampaignOutcome.Running, campaign.Snapshot().Outcome);
            if ((await fleet.AdapterAsync(adapter, CancellationToken.None)) is { Status: AdapterStatus.Ready, Connecting: not null })
                await fleet.ControlAsync(adapter, new AdapterControl(AdapterControlKind.Reset, "a test"), CancellationToken.None);
            else await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }
    }

    /// <summary>Two writers of one record: the second is refused.</summary>
    private static async Task ConflictAsync(ServedSilo served)
    {
        var storage = served.Services.GetRequiredKeyedService<IGrainStorage>(StorageNames.State);
        var grain = GrainId.Create("test", "conflict");
        var first = new GrainState<StoredDocument>(new() { Json = "{}" });
        await storage.WriteStateAsync("test", grain, first);
        await Assert.ThrowsAnyAsync<InconsistentStateException>(
            () => storage.WriteStateAsync("test", grain, new GrainState<StoredDocument>(new() { Json = "{}" }, "no such tag")));
        await storage.ClearStateAsync("test", grain, first);
    }

    [GeneratedRegex("[0-9A-Fa-f]{2}([:-]?[0-9A-Fa-f]{2}){5}")]
    private static partial Regex DeviceAddress();

    /// <summary>With its separators: a byte count has twelve digits too.</summary>
    [GeneratedRegex("[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5}")]
    private static partial Regex WrittenAddress();

    /// <summary>The instruments that this process has, and what was told on them.</summary>
    private sealed class Published : IDisposable
    {
        private readonly Lock _gate = new();
        private readonly Dictionary<string, Instrument> _instruments = [];
        private readonly HashSet<(string Instrument, string Tag)> _told = [];
        private readonly MeterListener _listener = new();

        public Published()
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                lock (_gate) _instruments[instrument.Name] = instrument;
                if (instrument.Name == "dfu.connect.duration") listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) =>
            {
                lock (_gate)
                {
                    foreach (var tag in tags) _told.Add((instrument.Name, tag.Key));
                }
            });
            _listener.Start();
        }

        public bool Has(string instrument, string tag)
        {
            lock (_gate) return _told.Contains((instrument, tag));
        }

        public void Add(string instrument, (string Key, object? Value)[] tags)
        {
            KeyValuePair<string, object?>[] pairs = [.. tags.Select(static tag => KeyValuePair.Create(tag.Key, tag.Value))];
            switch (Of(instrument))
            {
                case Counter<long> counter:
                    counter.Add(1, pairs);
                    break;
                case Counter<int> counter:
                    counter.Add(1, pairs);
                    break;
                case var other:
                    Assert.Fail($"{instrument} is {other}");
                    break;
            }
        }

        public string Kind(string instrument) => Of(instrument).GetType().Name.Split('`')[0] switch
        {
            "Counter" => "counter",
            "UpDownCounter" => "up-down counter",
            "Histogram" => "histogram",
            "ObservableCounter" => "observable counter",
            "ObservableUpDownCounter" => "observable up-down counter",
            "ObservableGauge" => "observable gauge",
            var other => other,
        };

        public void Dispose() => _listener.Dispose();

        private Instrument Of(string instrument)
        {
            lock (_gate) return _instruments.TryGetValue(instrument, out var known) ? known : throw new KeyNotFoundException($"nobody made {instrument}");
        }
    }
}
