using Spectre.Console;

namespace Dfu.Cli.Devices;

/// <summary>One device for people.</summary>
internal static class DeviceSheet
{
    public static void Write(IAnsiConsole console, FoundDevice found, DateTimeOffset now)
    {
        console.WriteLine();
        Sheet.Line(console, $"  {Headline(found)}");
        console.WriteLine();
        Sheet.Write(console, [.. DeviceFacts.Of(found, now).Select(Row)]);
        if (found.View is { } view)
        {
            // Measured by the capabilities of the console: what goes to a file has no colours and is 80 wide.
            var colours = console.Profile.Capabilities.Ansi && console.Profile.Capabilities.ColorSystem != ColorSystem.NoColors;
            var width = console.Profile.Capabilities.Ansi ? Math.Min(console.Profile.Width, 120) : 80;
            var bar = TimeBar.Lines(view.Time, width, colours).ToList();
            if (bar.Count > 0)
            {
                console.WriteLine();
                Sheet.Line(console, $"  [bold]Where the time went[/] [grey]{Format.Duration(view.Time.Total)} since it joined the campaign[/]");
                foreach (var line in bar) Sheet.Line(console, line);
                if (found.Advised is { } advice) Sheet.Line(console, $"  [bold]{Text(advice)}[/]");
            }
        }

        console.WriteLine();
    }

    private static string Headline(FoundDevice found)
    {
        var state = found.View is { } view ? UnitStates.Of(view.Outcome, view.Phase) : UnitState.Waiting;
        return $"{UnitStates.Sign(state)} [bold]{Text(DeviceFacts.Name(found))}[/]: {DeviceFacts.Stands(found)}";
    }

    private static (string Label, string Text) Row(Fact fact) => (
        fact.Tone == FactTone.Bad ? $"[red]{fact.Label}[/]" : $"[grey]{fact.Label}[/]",
        string.Join('\n', fact.Lines.Select(Line)));

    private static string Line(FactLine line)
    {
        var text = Text(line.Text);
        var toned = line.Tone switch
        {
            FactTone.Strong => $"[bold]{text}[/]",
            FactTone.Warning => $"[yellow]{text}[/]",
            FactTone.Bad => $"[red]{text}[/]",
            _ => text,
        };
        return (line.Code.Length > 0 ? $"[red]{line.Code}[/]: " : "") + toned + (line.Aside.Length > 0 ? $" [grey]{Text(line.Aside)}[/]" : "");
    }

    private static string Text(string text) => Markup.Escape(Columns.OneLine(text));
}
