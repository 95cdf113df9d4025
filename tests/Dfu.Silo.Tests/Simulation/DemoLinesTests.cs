using Dfu.Cli.Tests.Telemetry;
using Dfu.Fleet.Campaigns;
using Dfu.Silo.Simulation;
using Dfu.Silo.Telemetry;
using Dfu.Silo.Tests.Telemetry;

namespace Dfu.Silo.Tests.Simulation;

/// <summary>What <c>dfu demo --dashboard</c> shows of a run's end.</summary>
public sealed class DemoLinesTests
{
    private const int Warning = 13;
    private const int Error = 17;

    [Fact]
    public async Task A_demo_that_went_well_ends_without_a_failure()
    {
        using var collector = new OtlpReceiver();
        var variables = Variables.Of(Assert.Fail, ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", $"{collector.Endpoint}/v1/logs"));
        using (var telemetry = TelemetryExport.From(variables, "demo", Variables.Patience))
        {
            await using var demo = new Demo(new() { Devices = 20, Adapters = 4, Size = 20_000, DropRate = 0, TimeScale = 100 }, telemetry);
            Assert.Equal(CampaignOutcome.Succeeded, (await demo.RunAsync(CancellationToken.None)).Outcome);
        }

        // Orleans says at the start how the machine's memory is collected, and in between that it is busy.
        var lines = collector.Logs.SelectMany(static export => export.Resources).SelectMany(static resource => resource.Scopes)
            .SelectMany(static scope => scope.Lines.Select(line => (Category: scope.Scope.Name, Line: line))).ToArray();
        Assert.NotEmpty(lines);
        Assert.Empty(lines.Where(static one => one.Line.Severity >= Warning && one.Category.StartsWith("Dfu.", StringComparison.Ordinal))
            .Select(static one => one.Line.Body.Text));
        Assert.Empty(lines.Where(static one => one.Line.Severity >= Error || OtlpReceiver.Tags(one.Line.Attributes).ContainsKey("exception.type"))
            .Select(static one => one.Line.Body.Text));
    }
}
