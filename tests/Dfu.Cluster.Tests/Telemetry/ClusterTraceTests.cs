using System.Diagnostics;
using Dfu.Cli.Tests.Telemetry;
using Dfu.Cluster.Tests.Harness;
using Dfu.Fleet;
using Dfu.Fleet.Campaigns;
using Dfu.Silo.Telemetry;
using Google.Protobuf;

namespace Dfu.Cluster.Tests.Telemetry;

public sealed class ClusterTraceTests
{
    private const string Calls = "Microsoft.Orleans.Application";

    [Fact]
    public async Task Attempts_on_two_silos_belong_to_the_traces_of_their_devices_and_calls_to_that_of_the_operator()
    {
        using var collector = new OtlpReceiver();
        CampaignView view;
        ByteString operators;
        var variables = new Dictionary<string, string?> { ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = $"{collector.Endpoint}/v1/traces" };
        using (TelemetryExport.From(new OtlpVariables(variables, Assert.Fail), "both", TimeSpan.FromSeconds(30)))
        {
            // A size of its own makes a campaign of its own: other tests run in this process.
            await using var fleet = new SiloFleet(2, new RoomSettings { Devices = 8, Size = (9 * 4096) + 68 }, new FleetPolicy())
            {
                Configure = static (_, silo) => silo.AddActivityPropagation(),
                ConfigureClient = static client => client.AddActivityPropagation(),
            };
            var open = await fleet.OpenAsync();
            using (
                var asking = new Activity("operator").SetParentId(
                    ActivityTraceId.CreateRandom(),
                    ActivitySpanId.CreateRandom(),
                    ActivityTraceFlags.Recorded).Start())
            {
                operators = Bytes(asking.TraceId.ToHexString());
                await open.StartAsync(fleet.Room.Request(), CancellationToken.None);
            }

            view = await FleetUnderTest.WaitAsync(open);
            await fleet.CloseAsync();
        }

        Assert.Equal(CampaignOutcome.Succeeded, view.Outcome);
        var campaign = Assert.Single(
            collector.Spans("Dfu.Fleet"),
            span => span.Name == "campaign" && OtlpReceiver.Tags(span.Attributes)["dfu.campaign.id"] == view.Id);
        Assert.True(campaign.Parent.IsEmpty);
        Assert.Equal(operators, Assert.Single(campaign.Links).Trace);
        Assert.Equal([campaign], collector.Spans("Dfu.Fleet").Where(span => span.Trace == campaign.Trace));
        var updates = collector.Spans("Dfu.Fleet").Where(span => span.Links.Any(link => link.Trace == campaign.Trace)).ToArray();
        Assert.All(updates, update => Assert.Equal(("update", campaign.Id, true), (update.Name, update.Links.Single().Id, update.Parent.IsEmpty)));
        Assert.Equal(view.Devices.Length, updates.Select(static update => update.Trace).Distinct().Count());
        var spans = collector.Spans("Dfu.Fleet").Where(span => updates.Any(update => update.Trace == span.Trace)).Except(updates).ToArray();
        var attempts = spans.Where(static span => span.Name == "attempt").ToArray();
        Assert.All(attempts, attempt => Assert.Contains(updates, update => (update.Trace, update.Id) == (attempt.Trace, attempt.Parent)));
        Assert.Equal(
            view.Devices.SelectMany(static device => Enumerable.Range(1, device.Attempts).Select(attempt => $"{device.Application} {attempt}")).Order(),
            attempts.Select(static attempt => OtlpReceiver.Tags(attempt.Attributes)).Select(
                static tags => $"{tags["dfu.device.address"]} {tags["dfu.attempt"]}").Order());
        // one is on each silo
        Assert.Equal(["radio0", "radio1"], attempts.Select(static attempt => OtlpReceiver.Tags(attempt.Attributes)["dfu.adapter.id"]).Distinct().Order());
        Assert.All(spans.Except(attempts), span => Assert.Contains(attempts, attempt => attempt.Id == span.Parent));

        var calls = collector.Spans(Calls);
        Assert.All(calls, call => Assert.Equal(operators, call.Trace));
        Assert.Contains(calls, static call => call.Name.Contains("IFleetGrain", StringComparison.Ordinal));
        Assert.Contains(calls, static call => call.Name.Contains("ICampaignGrain", StringComparison.Ordinal));
        Assert.DoesNotContain(
            calls,
            static call => call.Name.Contains("IDeviceGrain", StringComparison.Ordinal) || call.Name.Contains("IAdapterGrain", StringComparison.Ordinal));
    }

    private static ByteString Bytes(string hex) => ByteString.CopyFrom(Convert.FromHexString(hex));
}
