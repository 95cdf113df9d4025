using System.Text.Json.Nodes;

namespace Dfu.Deployment.Tests.Grafana;

/// <param name="Kind">The data source: prometheus, tempo or loki.</param>
internal sealed record PanelQuery(string Panel, string Kind, string Text, string Legend);

/// <summary>A dashboard as it is provisioned.</summary>
internal sealed class Dashboard
{
    public const string Folder = "docker/grafana/dashboards";

    private readonly JsonObject _json;

    private Dashboard(string path)
    {
        Name = Path.GetFileNameWithoutExtension(path);
        _json = JsonNode.Parse(Repository.Read(path))!.AsObject();
    }

    public static IReadOnlyList<Dashboard> All { get; } = [.. Directory.EnumerateFiles(Path.Combine(Repository.Root, Folder), "*.json")
        .Order(StringComparer.Ordinal).Select(path => new Dashboard(Path.GetRelativePath(Repository.Root, path)))];

    public string Name { get; }

    public string Uid => Text(_json["uid"]);

    public string Description => Text(_json["description"]);

    public int SchemaVersion => (int)_json["schemaVersion"]!;

    public IReadOnlyList<JsonObject> Panels => [.. _json["panels"]!.AsArray().Select(panel => panel!.AsObject()).Where(panel => Text(panel["type"]) != "row")];

    public IReadOnlyList<JsonObject> PanelsAndRows => [.. _json["panels"]!.AsArray().Select(panel => panel!.AsObject())];

    public IReadOnlyList<JsonObject> Variables => [.. _json["templating"]!["list"]!.AsArray().Select(variable => variable!.AsObject())];

    /// <summary>Addresses of the links of the dashboard and of its panels.</summary>
    public IEnumerable<string> Links => _json["links"]!.AsArray().Concat(Panels.SelectMany(panel => panel["links"]!.AsArray()))
        .Select(link => Text(link!["url"])).Where(url => url.Length > 0);

    /// <summary>Everything that is asked of a data source: by panels, and by what marks their graphs.</summary>
    public IEnumerable<PanelQuery> Queries =>
        Panels.SelectMany(panel => panel["targets"]!.AsArray().Select(target => Query($"{Name}: {Text(panel["title"])}", target!)))
            .Concat(_json["annotations"]!["list"]!.AsArray().Where(annotation => annotation!["expr"] is not null)
                .Select(annotation => Query($"{Name}: annotation {Text(annotation!["name"])}", annotation)));

    /// <summary>What fills the variables: <c>label_values(metric, label)</c>.</summary>
    public IEnumerable<PanelQuery> VariableQueries => Variables.Where(variable => Text(variable["type"]) == "query")
        .Select(variable => new PanelQuery($"{Name}: variable {Text(variable["name"])}", "prometheus", Text(variable["query"]!["query"]), ""));

    public static string Text(JsonNode? node) => node is null ? "" : (string)node!;

    private static PanelQuery Query(string panel, JsonNode target) =>
        new(panel, Text(target["datasource"]!["type"]), Text(target["expr"] ?? target["query"]), Text(target["legendFormat"]));
}
