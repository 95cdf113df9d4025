using Spectre.Console;

namespace Dfu.Cli;

/// <summary>Labels and texts in two columns; the texts may carry markup and several lines.</summary>
internal static class Sheet
{
    public static void Line(IAnsiConsole console, string markup)
    {
        if (console.Profile.Capabilities.Ansi) console.MarkupLine(markup);
        else console.Profile.Out.Writer.WriteLine(Markup.Remove(markup));
    }

    public static void Write(IAnsiConsole console, IReadOnlyList<(string Label, string Text)> rows)
    {
        if (console.Profile.Capabilities.Ansi)
        {
            var grid = new Grid().AddColumn(new GridColumn().NoWrap().PadLeft(2).PadRight(2)).AddColumn(new GridColumn().PadLeft(0).PadRight(0));
            foreach (var (label, text) in rows) grid.AddRow(label, text);
            console.Write(grid);
            return;
        }

        // For files and pipes: nothing wraps and nothing is padded to a width that nobody has.
        var width = rows.Count == 0 ? 0 : rows.Max(row => Markup.Remove(row.Label).Length);
        foreach (var (label, text) in rows)
        {
            var first = Markup.Remove(label).PadRight(width);
            foreach (var line in Markup.Remove(text).Split('\n'))
            {
                console.Profile.Out.Writer.WriteLine($"  {first}  {line}".TrimEnd());
                first = new string(' ', width);
            }
        }
    }
}
