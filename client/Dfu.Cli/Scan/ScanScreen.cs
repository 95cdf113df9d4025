using System.Globalization;
using Dfu.Fleet.Scan;
using Dfu.Silo.Scan;
using Spectre.Console;

namespace Dfu.Cli.Scan;

/// <summary>One frame of a scan, never taller than the terminal.</summary>
internal static class ScanScreen
{
    /// <param name="length">How long it listens; null for who watches.</param>
    public static IEnumerable<string> Lines(ScanView view, IReadOnlyList<HeardUnit> units, TimeSpan? length, int height)
    {
        var others = view.Units.Length - units.Count;
        var end = length is { } time
            ? string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, Math.Ceiling((time - view.Listened).TotalSeconds)):0} s left")
            : "Ctrl-C ends";
        var more = others > 0 ? $" · {others} more not shown" : "";
        yield return $"  [bold]Listening[/]  [grey]{Format.Count(view.Radios.Length, "adapter")} · {Format.Count(units.Count, "device")}{more} · {end}[/]";
        var troubles = view.Radios.Where(static radio => radio.State == ScanRadioState.Lost).Take(Math.Max(1, height / 3)).ToList();
        foreach (var radio in troubles) yield return $"  [red]●[/] {Markup.Escape(radio.Id)} [grey]is lost: {Markup.Escape(radio.Detail)}[/]";
        yield return "";
        var room = Math.Max(1, height - 4 - troubles.Count);
        var shown = units.Count <= room ? units.Count : room - 1;
        foreach (var line in ScanTable.Lines(view, [.. units.Take(shown)], bars: true)) yield return "  " + line;
        if (shown < units.Count) yield return $"  [grey]and {units.Count - shown} more[/]";
    }
}
