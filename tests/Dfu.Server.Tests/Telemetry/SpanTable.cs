namespace Dfu.Server.Tests.Telemetry;

/// <summary>The tables of docs/telemetry.md: what each row names in each column.</summary>
internal static class SpanTable
{
    public static Dictionary<string, string[][]> Spans { get; } = Read("| span |");

    public static Dictionary<string, string[][]> Events { get; } = Read("| event |");

    public static Dictionary<string, string[][]> Others { get; } = Read("| source |");

    private static Dictionary<string, string[][]> Read(string heading) => File
        .ReadLines(Path.Combine(AppContext.BaseDirectory, "docs", "telemetry.md"))
        .SkipWhile(line => !line.StartsWith(heading, StringComparison.Ordinal)).Skip(2).TakeWhile(static line => line.StartsWith('|'))
        .Select(static row => row.Trim('|').Split('|').Select(Names).ToArray())
        .ToDictionary(static cells => cells[0][0]);

    private static string[] Names(string cell) => [.. cell.Split('`').Where(static (_, i) => i % 2 == 1)];
}
