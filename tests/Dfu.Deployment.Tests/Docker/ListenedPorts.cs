namespace Dfu.Deployment.Tests.Docker;

/// <summary>On which ports a service listens in its container: by its command or its own configuration.</summary>
internal static class ListenedPorts
{
    public static IReadOnlyList<int> Of(ComposeService service)
    {
        if (service.IsOurs) return [.. service.ValuesOf("--urls").Select(static url => new Uri(url).Port)];
        return service.Name switch
        {
            // By default, in their own documents; their health checks ask there, too.
            "prometheus" => [9090],
            "grafana" => [3000],
            "collector" =>
            [
                .. Endpoints(Configuration("collector").Map("receivers")), .. Endpoints(Configuration("collector").Map("exporters").Map("prometheus")),
            ],
            "tempo" => [Server("tempo"), .. Endpoints(Configuration("tempo").Map("distributor"))],
            "loki" => [Server("loki")],
            _ => [],
        };
    }

    public static YamlMap Configuration(string service) => YamlMap.Parse(Repository.Read($"{ComposeFile.Folder}/{service}/config.yaml"));

    private static int Server(string service) =>
        int.Parse(Configuration(service).Map("server").Text("http_listen_port")!, System.Globalization.CultureInfo.InvariantCulture);

    private static IEnumerable<int> Endpoints(YamlMap map) =>
        map.AllTexts().Where(static one => one.Path.EndsWith("endpoint", StringComparison.Ordinal)).Select(static one => new Uri($"tcp://{one.Text}").Port);
}
