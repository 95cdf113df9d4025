using Dfu.Adapters;
using Spectre.Console;

namespace Dfu.Cli.Reports;

/// <summary>A machine's Bluetooth for people: the verdict, the machine, and each of its adapters.</summary>
internal static class CheckupSheet
{
    public static void Write(IAnsiConsole console, Checkup checkup)
    {
        console.WriteLine();
        Sheet.Line(console, $"  {Headline(checkup)}");
        Part(console, checkup, "");
        foreach (var adapter in checkup.Adapters)
        {
            console.WriteLine();
            Sheet.Line(console, $"  [bold]{Text(adapter.Id)}[/]  [grey]{Text(Describe(adapter))}[/]");
            Part(console, checkup, adapter.Id);
        }

        console.WriteLine();
    }

    private static string Headline(Checkup checkup)
    {
        var (usable, hints) = (
            checkup.Adapters.Count(static adapter => adapter.Usable),
            checkup.Findings.Count(static finding => finding.Verdict == Verdict.Hint));
        var wishes = hints == 0 ? "" : $" {Format.Count(hints, "thing")} could be better.";
        if (!checkup.Usable) return "[red]✗[/] [bold]No update could work over this machine's Bluetooth.[/]";
        var adapters = checkup.Adapters.Count == usable ? Format.Count(usable, "adapter") : $"{usable} of {Format.Count(checkup.Adapters.Count, "adapter")}";
        return $"[green]✓[/] [bold]An update could work over {adapters}.[/]{wishes}";
    }

    private static void Part(IAnsiConsole console, Checkup checkup, string adapter)
    {
        var rows = checkup.Findings.Where(finding => finding.Adapter == adapter).Select(Row).ToList();
        if (rows.Count == 0) return;
        console.WriteLine();
        Sheet.Write(console, rows);
    }

    private static (string Label, string Text) Row(Finding finding)
    {
        var sign = finding.Verdict switch
        {
            Verdict.Ok => "[green]✓[/]",
            Verdict.Hint => "[yellow]![/]",
            _ => "[red]✗[/]",
        };
        var remedy = finding.Remedy.Length == 0 ? "" : $"\n[bold]→ {Text(finding.Remedy)}[/]";
        return ($"{sign} [grey]{Text(finding.Topic)}[/]", Text(finding.Text) + remedy);
    }

    private static string Describe(CheckedAdapter adapter)
    {
        var usb = adapter.UsbId is null ? null : adapter.Product is null ? $"USB {adapter.UsbId}" : $"{adapter.Product} (USB {adapter.UsbId})";
        return string.Join(", ", new[] { adapter.Name, adapter.Address, usb }.OfType<string>());
    }

    /// <summary>Names come from devices, and may carry anything.</summary>
    private static string Text(string text) => Markup.Escape(string.Concat(text.Select(static character => char.IsControl(character) ? ' ' : character)));
}
