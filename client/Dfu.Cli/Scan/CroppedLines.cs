using Dfu.Cli.Progress;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Dfu.Cli.Scan;

/// <summary>Lines of markup that end where the terminal does, instead of going on below.</summary>
internal sealed class CroppedLines(IEnumerable<string> lines) : Renderable
{
    protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth)
    {
        var first = true;
        foreach (var line in lines)
        {
            if (!first) yield return Segment.LineBreak;
            first = false;
            foreach (var segment in ProgressScreen.Crop(((IRenderable)new Markup(line)).Render(options, 4096), maxWidth)) yield return segment;
        }
    }
}
