using Dfu.Fleet.Devices;

namespace Dfu.Cli.Devices;

/// <summary>Where a device's time went, as a bar and what is what. Letters stand in for colours where there are none.</summary>
internal static class TimeBar
{
    private const int WordWidth = 24;

    /// <summary>What is less, of 1, would be shown as nothing.</summary>
    private const double LeastShare = 0.0005;

    /// <param name="width">Columns there are.</param>
    /// <returns>Lines of markup; none when no time was spent.</returns>
    public static IEnumerable<string> Lines(TimeSpent time, int width, bool colours)
    {
        var total = time.Total;
        if (total <= 0) yield break;
        var parts = TimePart.All.Select(part => (Part: part, Seconds: part.Of(time))).Where(part => part.Seconds / total >= LeastShare).ToList();
        var room = Math.Max(parts.Count, width - 4);
        var cells = Share([.. parts.Select(static part => part.Seconds)], room);
        yield return "  " + string.Concat(parts.Select((part, i) =>
            colours ? $"[{part.Part.Colour}]{new string('█', cells[i])}[/]" : new string(part.Part.Letter, cells[i])));
        var legend = parts.Select(part =>
        {
            var mark = colours ? $"[{part.Part.Colour}]██[/]" : $"{part.Part.Letter}{part.Part.Letter}";
            return $"{mark} {part.Part.Word.PadRight(WordWidth)}{Format.Duration(part.Seconds),12}{Format.Percent(part.Seconds, total),7}";
        }).ToList();

        // A column is 46 wide; two are read downwards.
        var columns = width >= (2 * 46) + 4 ? 2 : 1;
        var rows = (legend.Count + columns - 1) / columns;
        for (var row = 0; row < rows; row++)
        {
            var shown = Enumerable.Range(0, columns).Select(column => row + (column * rows)).Where(i => i < legend.Count);
            yield return "  " + string.Join("    ", shown.Select(i => legend[i]));
        }
    }

    /// <summary>Cells of a bar in proportion, at least one for each, as many as there are together.</summary>
    internal static int[] Share(IReadOnlyList<double> seconds, int room)
    {
        var total = seconds.Sum();
        var exact = seconds.Select(part => part / total * room).ToArray();
        var cells = exact.Select(static share => Math.Max(1, (int)share)).ToArray();
        while (cells.Sum() < room) cells[Best(i => exact[i] - cells[i])]++;
        while (cells.Sum() > room) cells[Best(i => cells[i] > 1 ? cells[i] - exact[i] : double.NegativeInfinity)]--;
        return cells;

        int Best(Func<int, double> by) => Enumerable.Range(0, cells.Length).MaxBy(by);
    }
}
