using System.Globalization;
using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace Dfu.Deployment.Tests.Prometheus;

internal sealed record AlertRule(string Name, string Expression, string Severity, IReadOnlyDictionary<string, string> Annotations)
{
    public string Anchor => Annotations["runbook_url"].Split('#')[^1];
}

/// <summary>The alert rules as they are shipped, and a copy of them for tests that have no hours.</summary>
internal static partial class AlertRules
{
    public const string Path = "docker/prometheus/alerts.yaml";

    public static IReadOnlyList<AlertRule> All { get; } =
        [.. Groups().SelectMany(group => ((YamlSequenceNode)group["rules"]).Cast<YamlMappingNode>()).Select(Read)];

    /// <summary>The rules with every window and every wait so many times as short. Thresholds stay.</summary>
    public static string Scaled(double factor) => Duration().Replace(
        Repository.Read(Path), match => $"{match.Groups[1].Value}{(int)(Seconds(match.Groups[2].Value, match.Groups[3].Value) * 1000 / factor)}ms");

    private static IEnumerable<YamlNode> Groups()
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(Repository.Read(Path)));
        return (YamlSequenceNode)stream.Documents[0].RootNode["groups"];
    }

    private static AlertRule Read(YamlMappingNode rule) => new(
        Text(rule["alert"]),
        Text(rule["expr"]),
        Text(rule["labels"]["severity"]),
        ((YamlMappingNode)rule["annotations"]).ToDictionary(pair => Text(pair.Key), pair => Text(pair.Value)));

    private static string Text(YamlNode node) => ((YamlScalarNode)node).Value!;

    private static int Seconds(string number, string unit) =>
        int.Parse(number, CultureInfo.InvariantCulture) * unit switch { "h" => 3600, "m" => 60, _ => 1 };

    [GeneratedRegex(@"(\[|offset |for: )(\d+)([hms])")]
    private static partial Regex Duration();
}
