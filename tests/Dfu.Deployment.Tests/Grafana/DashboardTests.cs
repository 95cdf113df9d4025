using System.Text.RegularExpressions;
using Dfu.Deployment.Tests.Prometheus;

namespace Dfu.Deployment.Tests.Grafana;

/// <summary>What can be known of dashboards without Grafana.</summary>
public sealed partial class DashboardTests
{
    // Where the page of docs is on Grafana's own server; docker/compose.observability.yaml mounts docs there.
    private const string Docs = "${docs}/";

    public static TheoryData<string> Names() => new(Dashboard.All.Select(dashboard => dashboard.Name));

    [Fact]
    public void There_are_five_each_with_an_address_of_its_own()
    {
        Assert.Equal(["adapters", "fleet", "orleans", "resume", "transfer"], Dashboard.All.Select(dashboard => dashboard.Name));
        Assert.All(Dashboard.All, dashboard => Assert.Equal("dfu-" + dashboard.Name, dashboard.Uid));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_panel_has_a_title_a_description_a_unit_and_a_place_of_its_own(string name)
    {
        var dashboard = Of(name);
        Assert.True(dashboard.SchemaVersion >= 39);
        Assert.NotEmpty(dashboard.Description);
        Assert.All(dashboard.Panels, panel =>
        {
            Assert.NotEmpty(Dashboard.Text(panel["title"]));
            Assert.EndsWith(".", Dashboard.Text(panel["description"]), StringComparison.Ordinal);
            Assert.NotEmpty(Dashboard.Text(panel["fieldConfig"]!["defaults"]!["unit"]));
            Assert.NotEmpty(panel["targets"]!.AsArray());
        });
        Assert.Distinct(dashboard.Panels.Select(panel => Dashboard.Text(panel["title"])));
        Assert.Distinct(dashboard.PanelsAndRows.Select(panel => (int)panel["id"]!));
        Assert.Distinct(dashboard.PanelsAndRows.SelectMany(Cells));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Panels_ask_for_documented_metrics_and_labels_only(string name) => Assert.All(
        Of(name).Queries.Concat(Of(name).VariableQueries).Where(query => query.Kind == "prometheus"), query =>
    {
        var metrics = PromNames.MetricsOf(query.Text).ToList();
        Assert.Empty(metrics.Except(PromNames.Own).Except(PromNames.Documented.Keys));
        var labels = metrics.Where(PromNames.Documented.ContainsKey).SelectMany(metric => PromNames.Documented[metric]).Concat(PromNames.OwnLabels);
        if (metrics.Contains("ALERTS")) labels = labels.Append("dfu_adapter_id");
        Assert.Empty(PromNames.LabelsOf(query.Text).Concat(PromNames.LabelsOfLegend(query.Legend)).Except(labels));
    });

    [Theory]
    [MemberData(nameof(Names))]
    public void Panels_show_the_members_and_adapters_that_are_chosen(string name) => Assert.All(
        Of(name).Queries.Where(query => query.Kind == "prometheus" && !query.Text.Contains("ALERTS", StringComparison.Ordinal)),
        query => Assert.All(Selector().Matches(query.Text), match => Assert.Contains("instance=~\"$member\"", match.Value, StringComparison.Ordinal)));

    [Theory]
    [MemberData(nameof(Names))]
    public void Everything_that_a_query_or_a_link_has_in_it_is_a_variable_that_is_there(string name)
    {
        var dashboard = Of(name);
        var known = dashboard.Variables.Select(variable => Dashboard.Text(variable["name"])).Concat(["__rate_interval", "__range", "__url_time_range"]);
        Assert.All(
            dashboard.Queries.Select(query => query.Text).Concat(dashboard.VariableQueries.Select(query => query.Text)).Concat(dashboard.Links),
            text => Assert.Empty(Variable().Matches(text).Select(match => match.Groups[1].Value).Except(known)));
        Assert.All(dashboard.Panels, panel => Assert.Contains(Dashboard.Text(panel["datasource"]!["uid"]), new[] { "${datasource}", "tempo", "loki" }));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Links_lead_to_dashboards_and_places_in_the_docs_that_are_there(string name)
    {
        Assert.NotEmpty(Of(name).Links);
        Assert.All(Of(name).Links, link =>
        {
            if (link.StartsWith("/d/", StringComparison.Ordinal))
            {
                Assert.Contains(link[3..].Split('?')[0], Dashboard.All.Select(dashboard => dashboard.Uid));
                return;
            }

            Assert.StartsWith(Docs, link, StringComparison.Ordinal);
            var place = link[Docs.Length..].Split('#');
            var page = Repository.Read("docs/" + place[0]);
            if (place.Length > 1) Assert.Contains(place[1], Heading().Matches(page).Select(match => Anchor(match.Groups[1].Value)));
        });
    }

    [Fact]
    public void The_spans_that_are_asked_for_are_documented() => Assert.All(
        Dashboard.All.SelectMany(dashboard => dashboard.Queries).Where(query => query.Kind == "tempo"),
        query => Assert.All(
            Span().Matches(query.Text),
            match => Assert.Contains($"`{match.Groups[1].Value}`", Repository.Read("docs/telemetry.md"), StringComparison.Ordinal)));

    private static Dashboard Of(string name) => Dashboard.All.Single(dashboard => dashboard.Name == name);

    private static IEnumerable<(int X, int Y)> Cells(System.Text.Json.Nodes.JsonObject panel)
    {
        int Of(string side) => (int)panel["gridPos"]![side]!;
        Assert.InRange(Of("x") + Of("w"), 1, 24);
        return from x in Enumerable.Range(Of("x"), Of("w")) from y in Enumerable.Range(Of("y"), Of("h")) select (x, y);
    }

    private static string Anchor(string heading) => NoAnchor().Replace(heading.ToLowerInvariant(), "").Replace(' ', '-');

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Selector();

    [GeneratedRegex(@"\$\{?(\w+)")]
    private static partial Regex Variable();

    [GeneratedRegex("^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^a-z0-9 _-]")]
    private static partial Regex NoAnchor();

    [GeneratedRegex("(?:&& name = \"|span\\.)([a-z.]+)")]
    private static partial Regex Span();
}
