using System.Text.RegularExpressions;

namespace Dfu.Deployment.Tests.Prometheus;

/// <summary>The names that the instruments of docs/telemetry.md have in Prometheus, with the labels of each.</summary>
internal static partial class PromNames
{
    /// <summary>What Prometheus adds to everything, or has by itself.</summary>
    public static readonly string[] OwnLabels = ["job", "instance", "le", "alertname", "alertstate", "severity"];
    public static readonly string[] Own = ["up", "ALERTS", "ALERTS_FOR_STATE"];

    private static readonly Dictionary<string, string> Words =
        new() { ["s"] = "seconds", ["ms"] = "milliseconds", ["By"] = "bytes", ["By/s"] = "bytes_per_second" };

    private static readonly string[] Kinds =
        ["counter", "observable counter", "up-down counter", "observable up-down counter", "observable gauge", "histogram"];

    public static IReadOnlyDictionary<string, string[]> Documented { get; } = Read();

    /// <summary>Names of metrics in an expression.</summary>
    public static IEnumerable<string> MetricsOf(string expression)
    {
        var bare = Selector().Replace(Quoted().Replace(LabelValues().Replace(expression, "$1"), "\"\""), "");
        return Metric().Matches(Grouping().Replace(bare, "")).Select(match => match.Value).Distinct();
    }

    /// <summary>Names of labels in selectors and in <c>by</c> and <c>on</c>.</summary>
    public static IEnumerable<string> LabelsOf(string expression)
    {
        var bare = Quoted().Replace(expression, "\"\"");
        return Matcher().Matches(bare).Concat(LabelValues().Matches(bare)).Select(match => match.Groups["label"].Value)
            .Concat(Grouping().Matches(bare).SelectMany(match => match.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries)))
            .Where(label => label.Length > 0 && label != "__name__").Distinct();
    }

    /// <summary>Names of labels in a legend.</summary>
    public static IEnumerable<string> LabelsOfLegend(string legend) => Placeholder().Matches(legend).Select(match => match.Groups[1].Value);

    private static Dictionary<string, string[]> Read()
    {
        var names = new Dictionary<string, string[]>();
        foreach (var line in Repository.Read("docs/telemetry.md").Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal)))
        {
            var cells = line.Trim('|').Split('|', StringSplitOptions.TrimEntries);
            if (cells.Length == 6) cells = [cells[0], .. cells[2..]]; // those of others say which meter they are of
            if (cells.Length != 5 || !Kinds.Contains(cells[1])) continue;
            var labels = cells[3].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Select(tag => Flat(tag.Trim('`'))).ToArray();
            foreach (var name in NamesOf(cells[0].Trim('`'), cells[1], cells[2].Trim('`'))) names[name] = labels;
        }

        return names;
    }

    private static string[] NamesOf(string instrument, string kind, string unit)
    {
        var name = Flat(instrument) + (Words.TryGetValue(unit, out var word) ? "_" + word : "");
        return kind switch
        {
            "histogram" => [name + "_bucket", name + "_count", name + "_sum"],
            "counter" or "observable counter" => [name + "_total"],
            _ => [name],
        };
    }

    private static string Flat(string name) => name.Replace('.', '_').Replace('-', '_');

    [GeneratedRegex(@"\b(?:(?:dfu|orleans|dotnet|http)_\w+|up|ALERTS\w*)\b")]
    private static partial Regex Metric();

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Selector();

    /// <summary>Grafana's function that fills a variable.</summary>
    [GeneratedRegex(@"^label_values\((.*),\s*(?<label>\w+)\)$")]
    public static partial Regex LabelValues();

    [GeneratedRegex("\"[^\"]*\"")]
    private static partial Regex Quoted();

    [GeneratedRegex("(?<label>\\w+)\\s*(?:=~|!~|!=|=)\\s*\"")]
    private static partial Regex Matcher();

    [GeneratedRegex(@"\b(?:by|on|without|ignoring|group_left|group_right)\s*\(([^)]*)\)")]
    private static partial Regex Grouping();

    [GeneratedRegex(@"\{\{\s*(\w+)\s*\}\}")]
    private static partial Regex Placeholder();
}
