using Dfu.Cli.Tests.Telemetry;
using Dfu.Silo.Simulation;
using Dfu.Silo.Telemetry;

namespace Dfu.Silo.Tests.Telemetry;

public sealed class TempTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Temp(int seed)
    {
        using var collector = new OtlpReceiver();
        var variables = Variables.Of(Assert.Fail, ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Endpoint));
        using (var telemetry = TelemetryExport.From(variables, "sampled"))
        {
            await using var demo = new Demo(new() { Devices = 60, Adapters = 6, Size = 61_000, DropRate = 0.1, TimeScale = 60, Seed = seed }, telemetry);
            await demo.RunAsync(CancellationToken.None);
        }

        foreach (var update in collector.Spans("Dfu.Fleet").Where(s => s.Name == "update"))
            foreach (var e in update.Events) File.AppendAllText("/tmp/traces.events2", $"{seed} {e.Name} {string.Join(' ', OtlpReceiver.Tags(e.Attributes))}\n");
        File.AppendAllText("/tmp/traces.events2", $"{seed} done {collector.Spans("Dfu.Fleet").Count(s => s.Name == "attempt")}\n");
        foreach (var l in collector.Lines("Dfu.Updates").Take(12)) File.AppendAllText("/tmp/traces.events2", $"{l.Severity} {l.Body.Text} {l.Trace.Length} {string.Join(' ', OtlpReceiver.Tags(l.Attributes))}\n");
    }
}
