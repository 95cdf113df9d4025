using YamlDotNet.RepresentationModel;

namespace Dfu.Deployment.Tests.Grafana;

public sealed class ProvisioningTests
{
    private const string Folder = "docker/grafana/provisioning/";

    private static readonly Dictionary<string, YamlMappingNode> Sources = ((YamlSequenceNode)Load("datasources/datasources.yaml")["datasources"])
        .Cast<YamlMappingNode>().ToDictionary(source => Text(source["uid"]));

    [Fact]
    public void Dashboards_find_their_data_sources_by_uids_that_never_change()
    {
        Assert.Equal(["loki", "prometheus", "tempo"], Sources.Keys.Order(StringComparer.Ordinal));
        Assert.All(Sources, source => Assert.Equal(source.Key, Text(source.Value["type"])));
        Assert.All(
            Dashboard.All.SelectMany(dashboard => dashboard.Variables).Where(variable => Dashboard.Text(variable["type"]) == "datasource"),
            variable => Assert.Contains(Dashboard.Text(variable["current"]!["value"]), Sources.Keys));
    }

    [Fact]
    public void A_span_leads_to_the_lines_of_its_trace_and_to_metrics_of_its_member_and_a_line_leads_to_its_trace()
    {
        var logs = Sources["tempo"]["jsonData"]["tracesToLogsV2"];
        Assert.Equal("loki", Text(logs["datasourceUid"]));
        Assert.Equal("{service_name=\"dfu\"} | trace_id=\"$${__span.traceId}\"", Text(logs["query"]));
        var metrics = Sources["tempo"]["jsonData"]["tracesToMetrics"];
        Assert.Equal("prometheus", Text(metrics["datasourceUid"]));
        Assert.All(
            ((YamlSequenceNode)metrics["queries"]).Select(query => Text(query["query"])),
            query => Assert.Empty(Prometheus.PromNames.MetricsOf(query).Except(Prometheus.PromNames.Documented.Keys)));
        Assert.Equal("tempo", Text(Sources["loki"]["jsonData"]["derivedFields"][0]["datasourceUid"]));
        Assert.Equal("trace_id", Text(Sources["loki"]["jsonData"]["derivedFields"][0]["matcherRegex"]));
    }

    [Fact]
    public void Dashboards_come_from_files_and_cannot_be_changed_behind_their_back()
    {
        var provider = Load("dashboards/dashboards.yaml")["providers"][0];
        Assert.Equal("file", Text(provider["type"]));
        Assert.Equal("/var/lib/grafana/dashboards", Text(provider["options"]["path"]));
        Assert.Equal("false", Text(provider["allowUiUpdates"]));
    }

    private static YamlNode Load(string path)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(Repository.Read(Folder + path)));
        return stream.Documents[0].RootNode;
    }

    private static string Text(YamlNode node) => ((YamlScalarNode)node).Value!;
}
