namespace Dfu.Cli.Tests.Telemetry;

/// <summary>A row of the tables of instruments.</summary>
/// <param name="Meter">Empty for one of ours, which the name tells.</param>
internal sealed record DocumentedInstrument(string Name, string Meter, string Kind, string Unit, IReadOnlyList<string> Tags)
{
    public string PrometheusName => Name.Replace('.', '_').Replace('-', '_')
        + Unit switch { "s" => "_seconds", "ms" => "_milliseconds", "By" => "_bytes", "By/s" => "_bytes_per_second", _ => "" }
        + (Kind is "counter" or "observable counter" ? "_total" : "");
}

/// <summary>docs/telemetry.md, as programs read it.</summary>
internal static class TelemetryTables
{
    public static IReadOnlyList<DocumentedInstrument> Instruments { get; } = [.. Read()];

    private static IEnumerable<DocumentedInstrument> Read() =>
        from line in File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "docs", "telemetry.md"))
        where line.StartsWith("| `", StringComparison.Ordinal)
        let cells = line.Trim('|').Split('|').Select(static cell => cell.Trim()).ToArray()
        where cells is [_, _, _, _, _] or [_, _, _, _, _, _]
        let others = cells.Length == 6
        let rest = others ? cells[2..] : cells[1..]
        where rest[0].EndsWith("counter", StringComparison.Ordinal) || rest[0] is "histogram" or "observable gauge"
        select new DocumentedInstrument(
            cells[0].Trim('`'),
            others ? cells[1].Trim('`') : "",
            rest[0],
            rest[1].Trim('`'),
            [.. rest[2].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(static tag => tag.Trim().Trim('`'))]);
}
