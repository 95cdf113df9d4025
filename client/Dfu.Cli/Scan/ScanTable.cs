using System.Globalization;
using Dfu.Fleet.Scan;
using Dfu.Silo.Scan;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Dfu.Cli.Scan;

/// <summary>Devices in aligned columns: address, name, signal, mode, and the radio that hears it best.</summary>
internal static class ScanTable
{
    private const int LongestName = 24;
    private const string Bars = "▂▄▆█";

    /// <summary>A line of markup for each; <see cref="Plain"/> makes text of it.</summary>
    /// <param name="bars">For a terminal: signals are drawn too, and the radio is left out when there is one only.</param>
    public static IEnumerable<string> Lines(ScanView view, IReadOnlyList<HeardUnit> units, bool bars)
    {
        var rows = units.Select(unit => (Unit: unit, Name: NameOf(unit), Mode: UnitModes.Words(unit))).ToList();
        var (nameWidth, modeWidth) = (rows.Select(row => Cells(row.Name)).DefaultIfEmpty().Max(), rows.Select(row => row.Mode.Length).DefaultIfEmpty().Max());
        foreach (var (unit, name, mode) in rows)
        {
            var signal = unit.IsGone
                ? string.Create(CultureInfo.InvariantCulture, $"{unit.Silence.TotalSeconds:0} s ago").PadLeft(bars ? 12 : 8)
                : (bars ? BarsOf(unit.Signal) + " " : "") + string.Create(CultureInfo.InvariantCulture, $"{unit.Signal} dBm").PadLeft(8);
            var (shownName, shownMode) = (Markup.Escape(name) + Pad(nameWidth - Cells(name)), Markup.Escape(mode) + Pad(modeWidth - mode.Length));
            var radio = bars && view.Radios.Length == 1 ? "" : "  " + Markup.Escape(view.Radios[unit.By[0].Adapter].Id);
            yield return unit.IsGone
                ? $"[grey50]{unit.Address}  {shownName}  {signal}  {shownMode}{radio}[/]"
                : $"{unit.Address}  [bold]{shownName}[/]  {signal}  [{ColourOf(unit.Mode)}]{shownMode}[/][grey]{radio}[/]";
        }
    }

    public static string Plain(string line) => Markup.Remove(line).TrimEnd();

    private static string NameOf(HeardUnit unit)
    {
        var name = HeardNames.ForPeople(unit.Name);
        if (name.Length == 0) return "-";
        if (Cells(name) <= LongestName) return name;
        var elements = StringInfo.GetTextElementEnumerator(name);
        var kept = "";
        while (elements.MoveNext() && Cells(kept + elements.GetTextElement()) < LongestName) kept += elements.GetTextElement();
        return kept + "…";
    }

    private static string BarsOf(int signal)
    {
        var (level, colour) = signal switch
        {
            >= -55 => (4, "green"),
            >= -67 => (3, "green"),
            >= -80 => (2, "yellow"),
            _ => (1, "red"),
        };
        return $"[{colour}]{Bars[..level]}[/][grey27]{Bars[level..]}[/]";
    }

    private static string ColourOf(UnitMode mode) => mode switch
    {
        UnitMode.Bootloader or UnitMode.Application or UnitMode.BootloaderOrApplication => "green",
        UnitMode.LegacyBootloader => "yellow",
        _ => "grey",
    };

    private static int Cells(string text) => new Segment(text).CellCount();

    private static string Pad(int cells) => new(' ', Math.Max(0, cells));
}
