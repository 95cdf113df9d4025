using Dfu.Fleet.Campaigns;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Dfu.Cli.Campaigns;

/// <summary>Campaigns in aligned columns.</summary>
internal static class CampaignTable
{
    private const int ShortPackage = 8;
    private const int LeastName = 8;
    private const int LeastState = 12;
    private const int LastColumn = 6;

    /// <param name="rows">With the short id by which each is called.</param>
    /// <param name="width">Columns there are: long names and states end earlier where it is narrow.</param>
    /// <returns>Lines of markup, the heads first.</returns>
    public static IEnumerable<string> Lines(IReadOnlyList<(string Id, CampaignStanding Standing)> rows, DateTimeOffset now, int width)
    {
        var cells = rows.Select(row => (string[])
        [
            row.Id,
            row.Standing.Name.Length > 0 ? row.Standing.Name : "-",
            row.Standing.PackageId[..Math.Min(ShortPackage, row.Standing.PackageId.Length)],
            CampaignWords.State(row.Standing, now),
            $"{row.Standing.Updated}/{row.Standing.Devices}",
            $"{row.Standing.Failed}",
            CampaignWords.Day(row.Standing.CreatedAt, now),
        ]).Prepend(["ID", "NAME", "PACKAGE", "STATE", "UPDATED", "FAILED", "CREATED"]).ToList();
        var widths = Enumerable.Range(0, cells[0].Length).Select(column => cells.Max(row => Cells(row[column]))).ToArray();
        var over = widths.Sum() + (2 * (widths.Length - 1)) - width;
        foreach (var (column, least) in new[] { (3, LeastState), (1, LeastName), (3, 1) })
        {
            var less = Math.Clamp(over, 0, Math.Max(0, widths[column] - least));
            (widths[column], over) = (widths[column] - less, over - less);
        }

        for (var i = 0; i < cells.Count; i++)
        {
            var texts = cells[i].Select((text, column) =>
                column == LastColumn ? text : Pad(Cut(text, widths[column]), widths[column], left: column is 4 or 5)).ToArray();
            yield return i == 0
                ? $"[grey]{string.Join("  ", texts).TrimEnd()}[/]"
                : string.Join("  ", texts.Select((text, column) => Coloured(Markup.Escape(text), column, rows[i - 1].Standing))).TrimEnd();
        }
    }

    private static string Coloured(string text, int column, CampaignStanding standing) => column switch
    {
        1 => $"[bold]{text}[/]",
        2 or 6 => $"[grey]{text}[/]",
        3 => $"[{Colour(standing)}]{text}[/]",
        5 when standing.Failed > 0 => $"[red]{text}[/]",
        _ => text,
    };

    private static string Colour(CampaignStanding standing) => standing switch
    {
        { Outcome: CampaignOutcome.Succeeded } => "green",
        { Outcome: CampaignOutcome.Failed } => "red",
        { Holds: [_, ..] } or { CancelRequested: true } => "yellow",
        _ => "blue",
    };

    private static string Cut(string text, int width)
    {
        if (Cells(text) <= width) return text;
        while (text.Length > 0 && Cells(text) >= width) text = text[..^(text.Length > 1 && char.IsLowSurrogate(text[^1]) ? 2 : 1)];
        return text + "…";
    }

    private static string Pad(string text, int width, bool left)
    {
        var blank = new string(' ', Math.Max(0, width - Cells(text)));
        return left ? blank + text : text + blank;
    }

    private static int Cells(string text) => new Segment(text).CellCount();
}
