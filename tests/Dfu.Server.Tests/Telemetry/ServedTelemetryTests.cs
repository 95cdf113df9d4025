using System.Diagnostics;
using System.Net;
using Dfu.Api;
using Dfu.Cli.Tests.Telemetry;
using Dfu.Fleet.Campaigns;
using Dfu.Server.Tests.Api;
using Dfu.Silo.Telemetry;

namespace Dfu.Server.Tests.Telemetry;

/// <summary>All that a server exports of a campaign that came over HTTP. Other servers run in this process: theirs is named in the tables, too.</summary>
public sealed class ServedTelemetryTests : IDisposable
{
    private const string Farm = "sim:adapters=2,devices=8,mode=app,time-scale=50,seed=42,drop-rate=0.05";
    private const string Requests = "Microsoft.AspNetCore";

    private readonly OtlpReceiver _collector = new();

    public void Dispose() => _collector.Dispose();

    [Fact]
    public async Task Spans_and_lines_are_those_of_the_tables_with_their_parents_links_and_attributes()
    {
        var variables = new Dictionary<string, string?> { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = _collector.Endpoint, ["OTEL_METRICS_EXPORTER"] = "none" };
        CampaignView view;
        var (caller, noise) = (ActivityTraceId.CreateRandom().ToHexString(), ActivityTraceId.CreateRandom().ToHexString());
        using (var telemetry = TelemetryExport.From(new OtlpVariables(variables, Assert.Fail), "served", TimeSpan.FromSeconds(30)))
        {
            await using var served = await ServedFleet.StartAsync(Farm, with: settings => settings with { Telemetry = telemetry });
            foreach (var path in new[] { "/health/live", "/health/ready", "/", "/sign-in", "/app.css", "/_blazor/negotiate", "/nothing" })
                (await served.Http.SendAsync(HttpMethod.Get, path, null, ("traceparent", Parent(noise)))).Dispose();
            using (var events = new HttpRequestMessage(HttpMethod.Get, ApiRoutes.Events) { Headers = { { "traceparent", Parent(noise) } } })
                (await served.Http.SendAsync(events, HttpCompletionOption.ResponseHeadersRead)).Dispose();
            var order = new ApiCampaignOrder
            {
                PackageId = await served.Http.PackageAsync(91, 61_000), Targets = new() { All = true, Count = 8 }, Plan = new() { Name = "Traced" },
            };
            using var created = await served.Http.PostAsync(ApiRoutes.Campaigns, order, ("traceparent", Parent(caller)), ("user-agent", "line/3"));
            var campaign = (await created.ReadAsync<ApiCampaignStarted>(HttpStatusCode.Created)).Campaign;
            await served.Http.OverAsync(campaign);
            view = await served.Http.GetAsync<CampaignView>(ApiRoutes.View(campaign));
        }

        Assert.Equal(CampaignOutcome.Succeeded, view.Outcome);
        AssertAllIsOfTheTables();
        Assert.DoesNotContain(_collector.SpanScopes.SelectMany(static scope => scope.Spans), span => Hex(span.Trace) == noise);
        var updates = AssertTraces(view, caller);
        AssertLines(view, updates);
    }

    private void AssertAllIsOfTheTables()
    {
        var found = _collector.SpanScopes.SelectMany(static scope => scope.Spans, static (scope, span) => Named(scope.Scope.Name, span))
            .SelectMany(static names => names)
            .ToHashSet();
        var documented = SpanTable.Spans.SelectMany(static row => row.Value[2].Prepend("").Select(key => $"{row.Key} {key}"))
            .Concat(SpanTable.Spans.Keys.Select(static span => $"{span} below {string.Concat(SpanTable.Spans[span][1])}"))
            .Concat(SpanTable.Events.SelectMany(static row => row.Value[1].SelectMany(
                span => row.Value[2].Prepend("").Select(key => $"{span}: {row.Key} {key}"))))
            .Concat(SpanTable.Others[Requests][2].Select(static key => $"{Requests} {key}"))
            .ToHashSet();
        Assert.Empty(found.Except(documented).Order());

        // All but troubles, which come as they come.
        string[] rare = ["error.type", "attempt given up", "deadline missed", ": confirmed", "reconcile: saved", "transfer: resumed", "transfer dfu."];
        Assert.Empty(documented.Except(found).Where(name => !rare.Any(part => name.Contains(part, StringComparison.Ordinal))).Order());
        Assert.Contains("attempt error.type", found);
    }

    private static IEnumerable<string> Named(string scope, OtlpSpan span)
    {
        if (scope.StartsWith("Microsoft.Orleans.", StringComparison.Ordinal)) return [];
        if (scope != "Dfu.Fleet") return Tags(span).Keys.Select(key => $"{scope} {key}");
        var goesOn = Tags(span).Any(static tag => tag is { Key: "dfu.campaign.goes_on" or "dfu.update.goes_on", Value: "true" });
        var above = span.Name switch
        {
            _ when span.Parent.IsEmpty || goesOn => "",
            "update" or "campaign" => "no other",
            "attempt" => "update",
            _ => "attempt",
        };
        return Tags(span).Keys.Prepend("").Select(key => $"{span.Name} {key}")
            .Concat(span.Events.SelectMany(happened => happened.Attributes.Select(static attribute => attribute.Key).Prepend("")
                .Select(key => $"{span.Name}: {happened.Name} {key}")))
            .Append($"{span.Name} below {above}");
    }

    private OtlpSpan[] AssertTraces(CampaignView view, string caller)
    {
        var spans = _collector.Spans("Dfu.Fleet");
        var campaign = Assert.Single(spans, span => span.Name == "campaign" && Tags(span)["dfu.campaign.id"] == view.Id);
        Assert.Equal([campaign], spans.Where(span => span.Trace == campaign.Trace));
        Assert.Equal(caller, Hex(Assert.Single(campaign.Links).Trace));
        var updates = spans.Where(span => span.Name == "update" && Tags(span)["dfu.campaign.id"] == view.Id).ToArray();
        Assert.Equal(
            view.Devices.Select(static device => $"{device.Application} {device.Attempts} updated").Order(),
            updates.Select(Tags).Select(static tags => $"{tags["dfu.device.address"]} {tags["dfu.update.attempts"]} {tags["dfu.outcome"]}").Order());
        foreach (var update in updates)
        {
            Assert.True(update.Parent.IsEmpty);
            Assert.Equal((campaign.Trace, campaign.Id), update.Links.Select(static link => (link.Trace, link.Id)).Single());
            var own = spans.Where(span => span.Trace == update.Trace && span != update).ToArray();
            var attempts = own.Where(static span => span.Name == "attempt").ToArray();
            Assert.All(attempts, attempt => Assert.Equal(update.Id, attempt.Parent));
            Assert.All(own.Except(attempts), part => Assert.Contains(attempts, attempt => attempt.Id == part.Parent));
        }

        var requests = _collector.Spans(Requests);
        var post = Assert.Single(requests, span => Hex(span.Trace) == caller);
        Assert.Equal(
            ("POST /api/v1/campaigns", "POST", "/api/v1/campaigns", "201", "/api/v1/campaigns"),
            (post.Name, Tags(post)["http.request.method"], Tags(post)["http.route"], Tags(post)["http.response.status_code"], Tags(post)["url.path"]));
        Assert.Contains(_collector.Spans("Microsoft.Orleans.Application"), span => Hex(span.Trace) == caller);
        return updates;
    }

    private void AssertLines(CampaignView view, OtlpSpan[] updates)
    {
        var lines = _collector.Lines("Dfu.Updates");
        var spans = _collector.Spans("Dfu.Fleet");
        foreach (var update in updates)
        {
            var own = lines.Where(line => line.Trace == update.Trace).ToArray();
            Assert.All(own, line => Assert.Equal(Tags(update)["dfu.device.address"], OtlpReceiver.Tags(line.Attributes)["dfu.device.address"]));
            var end = Assert.Single(own, line => line.Span == update.Id && OtlpReceiver.Tags(line.Attributes).ContainsKey("dfu.outcome"));
            Assert.Equal((9, "updated"), (end.Severity, OtlpReceiver.Tags(end.Attributes)["dfu.outcome"]));
            Assert.InRange(end.Time, update.Start, update.End);
            foreach (var attempt in spans.Where(span => span.Parent == update.Id))
            {
                var ended = Assert.Single(own, line => line.Span == attempt.Id && line.Body.Text.Contains(" ended: ", StringComparison.Ordinal));
                var tags = OtlpReceiver.Tags(ended.Attributes);
                Assert.Equal(tags.ContainsKey("error.type"), !ended.Body.Text.EndsWith(" ended: it went well", StringComparison.Ordinal));
                Assert.Equal(
                    (Tags(attempt)["dfu.attempt"], Tags(attempt)["dfu.adapter.id"], Tags(attempt).GetValueOrDefault("error.type")),
                    (tags["dfu.attempt"], tags["dfu.adapter.id"], tags.GetValueOrDefault("error.type")));
            }
        }

        var over = Assert.Single(_collector.Lines("Dfu.Grains.Campaigns.CampaignGrain"), line => line.Body.Text == $"Campaign {view.Id} is over: Succeeded");
        Assert.Equal(view.Id, OtlpReceiver.Tags(over.Attributes)["dfu.campaign.id"]);
        Assert.Equal(Assert.Single(spans, span => span.Name == "campaign" && Tags(span)["dfu.campaign.id"] == view.Id).Id, over.Span);
    }

    private static Dictionary<string, string> Tags(OtlpSpan span) => OtlpReceiver.Tags(span.Attributes);

    private static string Parent(string trace) => $"00-{trace}-00f067aa0ba902b7-01";

    private static string Hex(Google.Protobuf.ByteString bytes) => Convert.ToHexStringLower(bytes.Span);
}
