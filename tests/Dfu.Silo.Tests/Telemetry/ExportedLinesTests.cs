using System.Diagnostics;
using Dfu.Cli.Tests.Telemetry;
using Dfu.Fleet.Telemetry;
using Dfu.Protocol.Errors;
using Dfu.Silo.Telemetry;
using Microsoft.Extensions.Logging;

namespace Dfu.Silo.Tests.Telemetry;

/// <summary>What the collector gets of what is logged, over the wire, and what the terminal gets of the same.</summary>
public sealed class ExportedLinesTests
{
    private static readonly DateTimeOffset Now = new(2031, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private readonly List<string> _said = [];

    [Fact]
    public void A_line_is_told_by_the_runs_clock_about_its_span_and_without_secrets()
    {
        var span = new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.None);
        var (lines, others) = Export(LogLevel.None, log =>
        {
            var failure = new InvalidOperationException("Host=db;Password=geheim");
            using (TracedLines.Of(span))
                log.CreateLogger("Dfu.Grains").LogInformation(
                    failure, "{Device} on {Adapter}: {Error} {Connection}", "C0", "radio", DfuError.LinkLost, "pwd=geheim");
            log.CreateLogger("Dfu.Grains").LogInformation("about nothing");
        });

        Assert.Empty(_said);
        Assert.Empty(others);
        Assert.Equal(2, lines.Count);
        Assert.Equal((span.TraceId.ToHexString(), span.SpanId.ToHexString()), (Hex(lines[0].Trace), Hex(lines[0].Span)));
        Assert.True(lines[1].Trace.IsEmpty);
        Assert.Equal((ulong)Now.ToUnixTimeSeconds() * 1_000_000_000, lines[0].Time);
        Assert.Equal("C0 on radio: LinkLost pwd=...", lines[0].Body.Text);
        var tags = OtlpReceiver.Tags(lines[0].Attributes);
        Assert.Equal(
            ("C0", "radio", "pwd=...", "linkLost", "System.InvalidOperationException", "Host=db;Password=..."),
            (tags["dfu.device.address"], tags["dfu.adapter.id"], tags["Connection"], tags["error.type"], tags["exception.type"], tags["exception.message"]));
        Assert.DoesNotContain("geheim", lines[0].ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(LogLevel.None, LogLevel.Information, 0, 0)]
    [InlineData(LogLevel.Warning, LogLevel.Information, 3, 2)]
    [InlineData(LogLevel.Debug, LogLevel.Debug, 5, 4)]
    public void Ours_are_exported_from_Information_on_and_those_of_others_from_Warning(LogLevel terminal, LogLevel first, int said, int saidOfUpdates)
    {
        var (lines, others) = Export(terminal, static log =>
        {
            foreach (var category in new[] { "Dfu.Grains", "Orleans.Runtime.Silo" })
            {
                var logger = log.CreateLogger(category);
                for (var at = LogLevel.Trace; at <= LogLevel.Critical; at++) logger.Log(at, default, category, null, static (text, _) => text);
            }
        });
        Assert.Equal(LogLevel.Critical - first + 1, lines.Count);
        Assert.Equal(LogLevel.Critical - LogLevel.Warning + 1, others.Count);
        Assert.Equal(said, _said.Count(static line => line.Contains("Dfu.Grains", StringComparison.Ordinal)));

        _said.Clear();
        using var log = new LineLog(_said.Add, terminal, TimeProvider.System);
        var updates = log.CreateLogger(TracedLines.Updates);
        for (var at = LogLevel.Trace; at <= LogLevel.Critical; at++) updates.Log(at, default, "text", null, static (text, _) => text);
        Assert.Equal(saidOfUpdates, _said.Count);
    }

    private (IReadOnlyList<OtlpLine> Ours, IReadOnlyList<OtlpLine> Orleans) Export(LogLevel terminal, Action<LineLog> log)
    {
        using var collector = new OtlpReceiver();
        var variables = Variables.Of(Assert.Fail, ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", $"{collector.Endpoint}/v1/logs"));
        using (var telemetry = TelemetryExport.From(variables, "lines", Variables.Patience))
        {
            using var lines = new LineLog(_said.Add, terminal, new Still(), telemetry);
            Assert.Equal(terminal < LogLevel.Information ? terminal : LogLevel.Information, lines.Least);
            log(lines);
        }

        return (collector.Lines("Dfu.Grains"), collector.Lines("Orleans.Runtime.Silo"));
    }

    private static string Hex(Google.Protobuf.ByteString bytes) => Convert.ToHexStringLower(bytes.Span);

    private sealed class Still : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => Now;
    }
}
