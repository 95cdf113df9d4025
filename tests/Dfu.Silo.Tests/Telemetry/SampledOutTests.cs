using System.Globalization;
using Dfu.Cli.Tests.Telemetry;
using Dfu.Fleet.Campaigns;
using Dfu.Silo.Simulation;
using Dfu.Silo.Telemetry;

namespace Dfu.Silo.Tests.Telemetry;

/// <summary>A campaign with drops while nothing is sampled, over the wire.</summary>
public sealed class SampledOutTests
{
    [Fact]
    public async Task Failed_attempts_arrive_whole_with_their_updates_and_nothing_that_went_well_does()
    {
        using var collector = new OtlpReceiver();
        var variables = Variables.Of(Assert.Fail, ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Endpoint), ("OTEL_TRACES_SAMPLER", "always_off"));
        CampaignView view;
        using (var telemetry = TelemetryExport.From(variables, "sampled", Variables.Patience))
        {
            await using var demo = new Demo(new() { Devices = 12, Adapters = 3, Size = 61_000, DropRate = 0.03, TimeScale = 100, Seed = 5 }, telemetry);
            view = await demo.RunAsync(CancellationToken.None);
        }

        Assert.Equal(CampaignOutcome.Succeeded, view.Outcome);
        Assert.All(collector.SpanScopes, static scope => Assert.Equal("Dfu.Fleet", scope.Scope.Name));
        var spans = collector.Spans("Dfu.Fleet"); // and those of other tests that run here
        Assert.DoesNotContain(spans, static span => span.Name == "campaign");
        var updates = spans.Where(span => span.Name == "update" && Tag(span, "dfu.campaign.id") == view.Id).ToArray();
        var troubled = view.Devices.Where(static device => device.Attempts > 1).ToArray();
        Assert.NotEmpty(troubled);
        Assert.NotEqual(view.Devices.Length, troubled.Length);
        Assert.Equal(
            troubled.Select(static device => device.Application.ToString()).Order(),
            updates.Select(static update => Tag(update, "dfu.device.address")!).Order());
        foreach (var device in troubled)
        {
            var update = updates.Single(update => Tag(update, "dfu.device.address") == device.Application.ToString());
            Assert.Equal(("updated", null), (Tag(update, "dfu.outcome"), update.Status));
            var attempts = spans.Where(span => span.Trace == update.Trace && span.Parent == update.Id).ToArray();
            var givenUp = update.Events.Where(static happened => happened.Name == "attempt given up")
                .Select(static happened => OtlpReceiver.Tags(happened.Attributes)["dfu.attempt"]);
            Assert.Equal(
                Enumerable.Range(1, device.Attempts - 1),
                attempts.Select(static attempt => Tag(attempt, "dfu.attempt")!).Union(givenUp)
                    .Select(static text => int.Parse(text, CultureInfo.InvariantCulture)).Order());
            foreach (var attempt in attempts)
            {
                var parts = spans.Where(span => span.Trace == update.Trace && span.Parent == attempt.Id).OrderBy(static part => part.Start).ToArray();
                Assert.Equal("connect", parts[0].Name);
                Assert.Equal(("attempt", 2, 2), (attempt.Name, attempt.Status.Code, parts[^1].Status.Code));
            }
        }
    }

    private static string? Tag(OtlpSpan span, string name) => OtlpReceiver.Tags(span.Attributes).GetValueOrDefault(name);
}
