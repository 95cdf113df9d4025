using Dfu.Cli.Scan;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Dfu.Cli;

/// <summary>A cell of a table: text from anywhere, and the style it is shown in.</summary>
internal readonly record struct Cell(string Text, string Style = "")
{
    public static implicit operator Cell(string text) => new(text);
}

/// <summary>Rows in aligned columns, the last one as long as it is.</summary>
internal static class Columns
{
    /// <summary>On a terminal lines end where it does; elsewhere they are whole.</summary>
    /// <param name="right">Columns whose texts end where the column does.</param>
    public static void Write(IAnsiConsole console, IReadOnlyList<string> heads, IReadOnlyList<IReadOnlyList<Cell>> rows, params IReadOnlyList<int> right)
    {
        var lines = Lines(heads, rows, right);
        if (console.Profile.Capabilities.Ansi) console.Write(new CroppedLines(lines.Append("")));
        else foreach (var line in lines) Sheet.Line(console, line);
    }

    /// <returns>Lines of markup, the heads first.</returns>
    public static IEnumerable<string> Lines(IReadOnlyList<string> heads, IReadOnlyList<IReadOnlyList<Cell>> rows, params IReadOnlyList<int> right)
    {
        var shown = rows.Select(static row => row.Select(static cell => cell with { Text = OneLine(cell.Text) }).ToList()).ToList();
        var widths = heads.Select((head, column) => shown.Select(row => Width(row[column].Text)).Append(head.Length).Max()).ToArray();
        string Line(IReadOnlyList<Cell> cells) => string.Join("  ", cells.Select((cell, column) =>
        {
            var blank = new string(' ', widths[column] - Width(cell.Text));
            var text = Markup.Escape(cell.Text);
            var styled = cell.Style.Length > 0 && text.Length > 0 ? $"[{cell.Style}]{text}[/]" : text;
            return right.Contains(column) ? blank + styled : column == cells.Count - 1 ? styled : styled + blank;
        })).TrimEnd();
        yield return Line([.. heads.Select(static head => new Cell(head, "grey"))]);
        foreach (var row in shown) yield return Line(row);
    }

    /// <summary>Names and details come from devices and files; what would move the cursor is a blank.</summary>
    public static string OneLine(string text) => string.Concat(text.Select(static character => char.IsControl(character) ? ' ' : character));

    private static int Width(string text) => new Segment(text).CellCount();
}
