using Dfu.Deployment.Tests.Prometheus;

namespace Dfu.Deployment.Tests.Docker;

/// <summary>Who sends what to whom in what shows traces, metrics and logs.</summary>
public sealed class ObservabilityTests
{
    private static readonly ComposeFile Stack = ComposeFile.All.Single(static file => file.Name == "compose.observability.yaml");

    [Fact]
    public void Every_configuration_that_is_mounted_is_the_one_that_is_read()
    {
        foreach (var service in Stack.Services)
        {
            var mounted = service.Values.Texts("volumes").Select(static volume => volume.Split(':')).Where(static parts => parts[0][0] == '.').ToList();
            Assert.All(mounted, static parts => Assert.Equal("ro", parts[2]));
            var given = service.Command.Select(static word => word.Split('=')).Where(static parts => parts[0].TrimStart('-') is "config" or "config.file");
            foreach (var one in given)
                Assert.Contains(one[1], mounted.Select(static parts => parts[1]));
        }
    }

    [Fact]
    public void The_collectors_pipelines_are_made_of_what_it_has()
    {
        var configuration = ListenedPorts.Configuration("collector");
        var pipelines = configuration.Map("service").Map("pipelines");
        Assert.Equal(["logs", "metrics", "traces"], pipelines.Keys.Order());
        foreach (var kind in new[] { "receivers", "processors", "exporters" })
            Assert.Equal(configuration.Map(kind).Keys.Order(), pipelines.Entries.SelectMany(one => one.Value.Texts(kind)).Distinct().Order());
    }

    [PrometheusFact]
    public async Task Prometheus_takes_its_configuration_with_the_alerts()
    {
        var (code, said) = await PromTool.RunAsync(Path.Combine(Repository.Root, "docker/prometheus"), "check", "config", "prometheus.yaml");
        Assert.True(code == 0 && said.Contains("alerts.yaml", StringComparison.Ordinal), said);
    }

    [Fact]
    public void Whatever_is_handed_on_goes_to_a_service_that_listens()
    {
        var targets = ListenedPorts.Configuration("collector").Map("exporters").AllTexts().Select(static one => one.Text)
            .Where(static text => text.StartsWith("http://", StringComparison.Ordinal)).Select(static text => new Uri(text)).ToList();
        targets.AddRange(
            from job in YamlMap.Parse(Repository.Read("docker/prometheus/prometheus.yaml")).Maps("scrape_configs")
            from target in job.Maps("static_configs").SelectMany(static one => one.Texts("targets"))
            select new Uri($"http://{target}".Replace("127.0.0.1", job.Text("job_name"), StringComparison.Ordinal)));
        Assert.Equal(4, targets.Count);
        Assert.All(targets, static target => Assert.Contains(target.Port, ListenedPorts.Of(Stack.Services.Single(service => service.Name == target.Host))));
    }

    [Fact]
    public void Grafana_asks_services_that_listen()
    {
        var folder = Path.Combine(Repository.Root, "docker/grafana/provisioning/datasources");
        var urls = Directory.GetFiles(folder, "*.yaml").SelectMany(static path => YamlMap.Parse(File.ReadAllText(path)).Maps("datasources"))
            .Select(static source => new Uri(source.Text("url")!)).ToList();
        Assert.Equal(["loki", "prometheus", "tempo"], urls.Select(static url => url.Host).Distinct().Order());
        Assert.All(urls, static url => Assert.Contains(url.Port, ListenedPorts.Of(Stack.Services.Single(service => service.Name == url.Host))));
    }

    [Fact]
    public void Grafana_finds_the_dashboards_where_they_are_mounted()
    {
        var folder = Path.Combine(Repository.Root, "docker/grafana/provisioning/dashboards");
        var grafana = Stack.Services.Single(static service => service.Name == "grafana");
        var mounted = grafana.Values.Texts("volumes").Select(static volume => volume.Split(':')[1]);
        var paths = Directory.GetFiles(folder, "*.yaml").SelectMany(static path => YamlMap.Parse(File.ReadAllText(path)).Maps("providers"))
            .Select(static provider => provider.Map("options").Text("path"));
        Assert.NotEmpty(paths);
        Assert.All(paths, path => Assert.Contains(path, mounted));
    }

    [Fact]
    public void Grafana_serves_the_docs_where_the_dashboards_links_lead()
    {
        var grafana = Stack.Services.Single(static service => service.Name == "grafana");
        var places = Grafana.Dashboard.All.SelectMany(static dashboard => dashboard.Variables)
            .Where(static variable => Grafana.Dashboard.Text(variable["name"]) == "docs").Select(static variable => Grafana.Dashboard.Text(variable["query"]));
        Assert.All(places, place => Assert.Contains($"../docs:/usr/share/grafana{place}:ro", grafana.Values.Texts("volumes")));
    }

    [Fact]
    public void Whoever_exports_reaches_the_collector()
    {
        var collector = Stack.Services.Single(static service => service.Name == "collector");
        var exporting = ComposeFile.Ours.Where(static service => service.Command[0] == "serve").ToList();
        Assert.Equal(4, exporting.Count);
        foreach (var service in exporting)
        {
            var endpoint = new Uri(service.Values.Map("environment").Text("OTEL_EXPORTER_OTLP_ENDPOINT")!);
            if (service.OnHostNetwork) Assert.Contains($"127.0.0.1:{endpoint.Port}:{endpoint.Port}", collector.Values.Texts("ports"));
            else Assert.Contains("default", service.Values.Texts("networks")); // where the collector is
            Assert.Equal(service.OnHostNetwork ? "127.0.0.1" : "collector", endpoint.Host);
            Assert.Contains(endpoint.Port, ListenedPorts.Of(collector));
            Assert.NotEqual(4317, endpoint.Port); // which would be gRPC
        }
    }
}
