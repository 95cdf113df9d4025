using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Dfu.Cli.Tests.Processes;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Transfers;

namespace Dfu.Cli.Tests.Telemetry;

public sealed partial class TelemetryProcessTests
{
    private static readonly string[] Demo =
    [
        "demo", "--devices", "8", "--adapters", "2", "--size", "60KiB", "--drop-rate", "10%", "--time-scale", "15", "--seed", "42",
        "--json",
    ];

    [Fact]
    public async Task What_a_campaign_exports_agrees_with_its_report()
    {
        using var collector = new OtlpReceiver();
        using var process = DfuProcess.StartWith(
            new Dictionary<string, string> { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Endpoint, ["OTEL_METRIC_EXPORT_INTERVAL"] = "200" }, Demo);
        var (code, output, error) = await process.EndAsync();
        Assert.True(code == 0, error);
        using var report = JsonDocument.Parse(output);

        AssertTraces(collector.Spans("Dfu.Fleet"), report.RootElement);
        AssertMetrics(collector, report.RootElement);
        AssertTagsAreDocumentedAndNameNoDevice(collector);
        var origin = OtlpReceiver.Tags(collector.Traces.First().Resources[0].Origin.Attributes);
        Assert.Equal("dfu", origin["service.name"]);
        Assert.Equal("0.1.0", origin["service.version"]);
        Assert.NotEqual("", origin["service.instance.id"]);
        Assert.Equal(["/v1/logs", "/v1/metrics", "/v1/traces"], collector.Paths.Distinct().Order());
    }

    [Fact]
    public async Task A_flash_exports_what_it_was_asked_for_under_its_own_name()
    {
        using var collector = new OtlpReceiver();
        using var bench = new Bench();
        using var process = DfuProcess.StartWith(
            new Dictionary<string, string>
            {
                ["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"] = collector.Endpoint + "/here/metrics",
                ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Endpoint,
                ["OTEL_TRACES_EXPORTER"] = "none",
                ["OTEL_LOGS_EXPORTER"] = "none",
                ["OTEL_SERVICE_NAME"] = "line-3",
            },
            ["flash", bench.Package(20_000), "--adapter", "sim:devices=2", "--all", "--count", "2", "--data-dir", bench["data"], "--json"]);
        var (code, output, error) = await process.EndAsync();
        Assert.True(code == 0, error);

        using var report = JsonDocument.Parse(output);
        Assert.Equal(report.RootElement.GetProperty("totals").GetProperty("bytesSent").GetInt64(), Total(collector.Last("dfu.transfer.sent")));
        Assert.Equal(40_000, Total(collector.Last("dfu.transfer.confirmed")));
        Assert.Equal("line-3", OtlpReceiver.Tags(collector.Metrics.First().Resources[0].Origin.Attributes)["service.name"]);
        Assert.Equal(["/here/metrics"], collector.Paths.Distinct());
    }

    [Fact]
    public async Task Signals_that_are_left_out_are_not_sent()
    {
        using var collector = new OtlpReceiver();
        var environment = new Dictionary<string, string>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Endpoint,
            ["OTEL_METRICS_EXPORTER"] = "none",
            ["OTEL_LOGS_EXPORTER"] = "none",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "200",
        };
        using var process = DfuProcess.StartWith(environment, Demo);
        var (code, _, error) = await process.EndAsync();
        Assert.True(code == 0, error);
        Assert.Equal(["/v1/traces"], collector.Paths.Distinct());
    }

    [Theory]
    [InlineData("http/protobuf", "POST /v1/")]
    [InlineData("grpc", "PRI * HTTP/2.0")]
    [InlineData("http/protobuf", null)]
    public async Task A_collector_that_does_not_answer_costs_a_run_neither_its_outcome_nor_its_time(string protocol, string? firstBytes)
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var endpoint = $"http://{silent.LocalEndpoint}";
        if (firstBytes is null) silent.Stop();
        using var process = DfuProcess.StartWith(
            new Dictionary<string, string> { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint, ["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol },
            "demo", "--devices", "2", "--adapters", "1", "--size", "8KiB", "--time-scale", "1000", "--json");
        await process.LineAsync(line => line == "}");
        var began = TimeProvider.System.GetTimestamp();
        var (code, _, error) = await process.EndAsync();

        Assert.True(code == 0, error);
        // 10 s is what an exporter waits by itself
        Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(9), $"it took {TimeProvider.System.GetElapsedTime(began)} to end");
        Assert.DoesNotContain("OTEL", error, StringComparison.Ordinal);
        if (firstBytes is null) return;
        using var asked = await silent.AcceptTcpClientAsync();
        var bytes = new byte[firstBytes.Length];
        await asked.GetStream().ReadExactlyAsync(bytes);
        Assert.Equal(firstBytes, Encoding.ASCII.GetString(bytes));
    }

    [Fact]
    public async Task Two_runs_of_a_campaign_export_together_what_its_report_counts()
    {
        using var first = new OtlpReceiver();
        using var second = new OtlpReceiver();
        using var bench = new Bench();
        await bench.SimulateAsync(1, "--devices", "3", "--time-scale", "5");
        string[] command = ["flash", bench.Package(100_000), .. bench.Adapters, "--all", "--count", "3", "--data-dir", bench["data"], "--json"];
        using (var interrupted = DfuProcess.StartWith(new Dictionary<string, string> { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = first.Endpoint }, command))
        {
            await bench.ReceivedAsync(120_000);
            interrupted.Signal("INT");
            Assert.Equal(3, (await interrupted.EndAsync()).Code);
        }

        using var process = DfuProcess.StartWith(new Dictionary<string, string> { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = second.Endpoint }, command);
        var (code, output, error) = await process.EndAsync();
        Assert.True(code == 0, error);
        using var report = JsonDocument.Parse(output);
        var totals = report.RootElement.GetProperty("totals");
        Assert.Equal(totals.GetProperty("bytesSent").GetInt64(), Total(first.Last("dfu.transfer.sent")) + Total(second.Last("dfu.transfer.sent")));
        Assert.Equal(
            totals.GetProperty("bytesResent").GetInt64(),
            new[] { first, second }.Sum(run => run.Exported("dfu.transfer.resent") is [.., var last] ? Total(last) : 0));
        Assert.InRange(totals.GetProperty("bytesResent").GetInt64(), 1, 300_000);

        var runs = new[] { first, second }.Select(
            run => OtlpReceiver.Tags(run.Spans("Dfu.Fleet").Single(span => span.Name == "campaign").Attributes)).ToArray();
        Assert.Equal(["interrupted", "succeeded"], runs.Select(run => run["dfu.outcome"]));
        Assert.Equal(["false", "true"], runs.Select(run => run["dfu.campaign.goes_on"]));
        Assert.Equal(runs[0]["dfu.campaign.id"], runs[1]["dfu.campaign.id"]);
        Assert.Contains(
            first.Spans("Dfu.Fleet"),
            span => span.Name == "attempt" && OtlpReceiver.Tags(span.Attributes).GetValueOrDefault("error.type") == "interrupted");
    }

    [Fact]
    public async Task A_variable_that_is_not_understood_is_named_and_the_run_goes_on()
    {
        using var process = DfuProcess.StartWith(
            new Dictionary<string, string> { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "collector:4318" },
            "demo", "--devices", "1", "--adapters", "1", "--size", "8KiB", "--time-scale", "1000");
        var (code, _, error) = await process.EndAsync();
        Assert.True(code == 0, error);
        Assert.Single(error.Split('\n'), line => line.Contains("OTEL_EXPORTER_OTLP_ENDPOINT=collector:4318", StringComparison.Ordinal));
    }

    private static void AssertTraces(IReadOnlyList<OtlpSpan> spans, JsonElement report)
    {
        var campaign = Assert.Single(spans, span => span.Name == "campaign");
        Assert.True(campaign.Parent.IsEmpty);
        Assert.Equal("succeeded", OtlpReceiver.Tags(campaign.Attributes)["dfu.outcome"]);
        Assert.Equal([campaign], spans.Where(span => span.Trace == campaign.Trace));
        Assert.All(spans, span => Assert.True(span.Start <= span.End && span.Start >= campaign.Start && span.End <= campaign.End, span.Name));

        var below = spans.Where(span => !span.Parent.IsEmpty).ToLookup(span => span.Parent);
        var updates = spans.Where(span => span.Name == "update").ToDictionary(span => OtlpReceiver.Tags(span.Attributes)["dfu.device.address"]);
        Assert.Equal(spans.Count, 1 + updates.Values.Sum(update => 1 + below[update.Id].Sum(attempt => 1 + below[attempt.Id].Count())));
        Assert.Equal(updates.Count, updates.Values.Select(update => update.Trace).Distinct().Count());
        foreach (var device in report.GetProperty("devices").EnumerateArray())
        {
            var update = updates[device.GetProperty("device").GetString()!];
            Assert.True(update.Parent.IsEmpty);
            Assert.Equal((campaign.Trace, campaign.Id), update.Links.Select(link => (link.Trace, link.Id)).Single());
            Assert.Equal(OtlpReceiver.Tags(campaign.Attributes)["dfu.campaign.id"], OtlpReceiver.Tags(update.Attributes)["dfu.campaign.id"]);
            Assert.Equal("updated", OtlpReceiver.Tags(update.Attributes)["dfu.outcome"]);
            var own = below[update.Id].OrderBy(attempt => attempt.Start).ToArray();
            Assert.All(own, attempt => Assert.Equal(("attempt", update.Trace), (attempt.Name, attempt.Trace)));
            var begun = own.Select(attempt => int.Parse(OtlpReceiver.Tags(attempt.Attributes)["dfu.attempt"])).ToArray();
            var givenUp = update.Events.Where(happened => happened.Name == "attempt given up")
                .Select(happened => int.Parse(OtlpReceiver.Tags(happened.Attributes)["dfu.attempt"])).ToArray();
            Assert.Equal(begun.Order(), begun);
            Assert.Equal(Enumerable.Range(1, device.GetProperty("attempts").GetInt32()), begun.Union(givenUp).Order());
            Assert.Equal(["connect", "jump", "connect", "reconcile"], Names(below[own[0].Id]).Take(4));

            // The application of one device is asked what it is, for all of its campaign.
            var names = Names(below[own[^1].Id]).ToArray();
            if (names is [.., "verification", "connect", "verification"]) names = names[..^2];
            Assert.Equal(["transfer", "activation", "verification"], names.TakeLast(3));
            Assert.Null(own[^1].Status);
            Assert.All(own[..^1], failed => AssertFailed(failed, below[failed.Id]));
        }

        Assert.Contains(spans, span => span is { Name: "attempt", Status: not null });
        Assert.All(spans.Where(span => span.Name == "connect"), span => Assert.NotEmpty(span.Events));
        Assert.Contains(spans, span => span.Name == "transfer" && span.Events.Any(happened => happened.Name == "saved"));
    }

    private static void AssertFailed(OtlpSpan attempt, IEnumerable<OtlpSpan> parts)
    {
        var last = parts.MaxBy(part => part.Start)!;
        Assert.Equal((2, 2), (attempt.Status.Code, last.Status.Code));
        Assert.Equal(OtlpReceiver.Tags(attempt.Attributes)["error.type"], OtlpReceiver.Tags(last.Attributes)["error.type"]);
        Assert.Equal("linkLost", OtlpReceiver.Tags(attempt.Attributes)["error.type"]);
    }

    private static IEnumerable<string> Names(IEnumerable<OtlpSpan> spans) => spans.OrderBy(span => span.Start).Select(span => span.Name);

    private static void AssertMetrics(OtlpReceiver collector, JsonElement report)
    {
        var totals = report.GetProperty("totals");
        var devices = report.GetProperty("devices").EnumerateArray().ToArray();
        Assert.Equal(totals.GetProperty("bytesSent").GetInt64(), Total(collector.Last("dfu.transfer.sent")));
        Assert.Equal(totals.GetProperty("bytesResent").GetInt64(), Total(collector.Last("dfu.transfer.resent")));
        Assert.Subset(
            Enum.GetValues<Diagnosis>().Select(diagnosis => diagnosis.Code()).Append("unfinishedObject").Append("objectRepeated").ToHashSet(),
            collector.Last("dfu.transfer.resent").Sum.Points.Select(point => OtlpReceiver.Tags(point.Attributes)["dfu.resend.reason"]).ToHashSet());
        Assert.Contains(
            collector.Last("dfu.transfer.resent").Sum.Points,
            point => OtlpReceiver.Tags(point.Attributes)["dfu.resend.reason"] == "backAtSave" && point.AsInt > 0);
        Assert.InRange(
            Total(collector.Last("dfu.transfer.confirmed")),
            devices.Sum(device => device.GetProperty("bytesTotal").GetInt64()),
            Total(collector.Last("dfu.transfer.sent")));
        Assert.Equal(
            devices.SelectMany(device => device.GetProperty("resumes").EnumerateArray())
                .CountBy(resume => resume.GetProperty("diagnosis").GetString()!)
                .OrderBy(pair => pair.Key)
                .Select(pair => (pair.Key, (long)pair.Value)),
            collector.Last("dfu.transfer.resumes").Sum.Points.Select(point => (OtlpReceiver.Tags(point.Attributes)["dfu.diagnosis"], point.AsInt)).Order());
        Assert.Equal(
            ("updated", 8L),
            collector.Last("dfu.update.ended").Sum.Points.Select(point => (OtlpReceiver.Tags(point.Attributes)["dfu.outcome"], point.AsInt)).Single());
        var durations = Assert.Single(collector.Last("dfu.update.duration").Histogram.Points);
        Assert.Equal(8u, durations.Count);
        Assert.Equal(devices.Sum(device => device.GetProperty("seconds").GetDouble()), durations.Sum, 0.01);
        Assert.Equal(
            collector.Spans("Dfu.Fleet").Count(span => span.Name == "connect"),
            collector.Last("dfu.connect.duration").Histogram.Points.Sum(point => (int)point.Count));

        // How often an object is sent anew is the drops' doing, and they fall where a busy machine lets them. Each was sent whole, but for what a resume found.
        var whole = Total(collector.Last("dfu.transfer.sent")) / 4096;
        Assert.InRange(
            (long)collector.Last("dfu.object.duration").Histogram.Points.Single().Count,
            8 * 15,
            whole + devices.Sum(device => device.GetProperty("resumes").GetArrayLength()));
        Assert.NotEmpty(collector.Last("dfu.save.duration").Histogram.Points);
        Assert.Equal(0, Total(collector.Last("dfu.attempt.active")));
        Assert.InRange(collector.Exported("dfu.attempt.active").Max(Total), 1, 8);
        Assert.InRange(collector.Exported("dfu.queue.length").Max(Total), 1, 8);
        Assert.Contains(collector.Exported("dfu.adapter.slots.used"), metric => Total(metric) > 0);
        Assert.Contains(
            collector.Exported("dfu.adapter.count"),
            metric => metric.Sum.Points.Count(point => OtlpReceiver.Tags(point.Attributes)["dfu.adapter.status"] == "ready" && point.AsInt == 1) == 2);
        Assert.All(collector.Exported("dfu.adapter.count"), metric => Assert.Equal(2, Total(metric)));
        Assert.Equal(devices.Sum(device => device.GetProperty("attempts").GetInt64()), Total(collector.Last("dfu.attempt.ended")));
        Assert.Equal(8, WithTag(collector.Last("dfu.attempt.ended"), "error.type", null).Sum(point => point.AsInt));
        Assert.Contains(collector.Exported("dfu.campaign.devices"), metric => WithTag(metric, "dfu.device.state", "updating").Sum(point => point.AsInt) > 0);
        Assert.All(collector.Exported("dfu.campaign.devices"), metric => Assert.InRange(Total(metric), 0, 8));
        Assert.Contains(collector.Exported("dfu.campaign.devices"), metric => Total(metric) == 8);
        Assert.All(collector.Exported("dfu.campaign.count"), metric => Assert.InRange(Total(metric), 0, 1));
        Assert.Contains(collector.Exported("dfu.transfer.rate"), metric => metric.Gauge.Points.Any(point => point.AsDouble > 0));

        // A device's time is its attempts' and what it waited between them.
        Assert.InRange(
            collector.Last("dfu.attempt.time").Sum.Points.Sum(point => point.AsDouble),
            1,
            devices.Sum(device => device.GetProperty("seconds").GetDouble()) + 1);
    }

    private static IEnumerable<NumberPoint> WithTag(OtlpMetric metric, string tag, string? value) =>
        metric.Sum.Points.Where(point => OtlpReceiver.Tags(point.Attributes).GetValueOrDefault(tag) == value);

    private static void AssertTagsAreDocumentedAndNameNoDevice(OtlpReceiver collector)
    {
        var page = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "docs", "telemetry.md"));
        var metrics = collector.Metrics.SelectMany(export => export.Resources).SelectMany(resource => resource.Scopes)
            .Where(scope => scope.Scope.Name.StartsWith("Dfu.", StringComparison.Ordinal)).SelectMany(scope => scope.Metrics).ToArray();
        Assert.NotEmpty(metrics);
        foreach (var metric in metrics)
        {
            var row = page.Single(line => line.StartsWith($"| `{metric.Name}` |", StringComparison.Ordinal));
            Assert.Contains($"| `{metric.Unit}` |", row, StringComparison.Ordinal);
            var points = metric.DataCase switch
            {
                OtlpMetric.DataOneofCase.Histogram => metric.Histogram.Points.Select(point => point.Attributes),
                OtlpMetric.DataOneofCase.Gauge => metric.Gauge.Points.Select(point => point.Attributes),
                _ => metric.Sum.Points.Select(point => point.Attributes),
            };
            foreach (var (key, value) in points.SelectMany(OtlpReceiver.Tags))
            {
                Assert.Contains($"`{key}`", row, StringComparison.Ordinal);
                Assert.DoesNotMatch(DeviceAddress(), value);
            }
        }
    }

    private static long Total(OtlpMetric metric) => metric.Sum.Points.Sum(point => point.AsInt);

    [GeneratedRegex("[0-9A-Fa-f]{2}([:-]?[0-9A-Fa-f]{2}){5}")]
    private static partial Regex DeviceAddress();
}
