using System.Globalization;
using System.Security;
using System.Text;

namespace Dfu.Benchmarks.Performance;

/// <summary>Horizontal bars as a small SVG that can be read on light and on dark pages.</summary>
internal sealed class BarPlot(string title, string unit, double? target = null)
{
    private const int Width = 720;
    private const int Left = 300;
    private const int Right = 80;
    private const int Row = 22;
    private readonly List<(string Label, double Value)> _bars = [];

    public void Add(string label, double value) => _bars.Add((label, value));

    public void Write(string path)
    {
        var height = 48 + (_bars.Count * Row) + (target is null ? 6 : 22);
        var scale = (Width - Left - Right) / Math.Max(_bars.Max(static bar => bar.Value), target ?? 0);
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {height}" width="{Width}" height="{height}"
             font-family="system-ui,sans-serif" font-size="13" role="img">
            <title>{SecurityElement.Escape(title)}</title>
            <style>text{"{"}fill:#1f2328{"}"}rect{"{"}fill:#3b6fb6{"}"}line{"{"}stroke:#b3541e;stroke-dasharray:4 3{"}"}
            @media(prefers-color-scheme:dark){"{"}text{"{"}fill:#e6edf3{"}"}rect{"{"}fill:#6ea8fe{"}"}line{"{"}stroke:#f0a46b{"}"}{"}"}</style>
            <text x="8" y="22" font-weight="600">{SecurityElement.Escape(title)}</text>

            """);
        for (var i = 0; i < _bars.Count; i++)
        {
            var (label, value) = _bars[i];
            var y = 36 + (i * Row);
            svg.Append(CultureInfo.InvariantCulture, $"""
                <text x="{Left - 8}" y="{y + 14}" text-anchor="end">{SecurityElement.Escape(label)}</text>
                <rect x="{Left}" y="{y + 3}" width="{Math.Max(1, value * scale):0.#}" height="{Row - 7}" rx="2"/>
                <text x="{Left + Math.Max(0, value * scale) + 6:0.#}" y="{y + 14}">{value:0.###}{unit}</text>

                """);
        }

        if (target is { } at)
        {
            var x = Left + (at * scale);
            svg.Append(CultureInfo.InvariantCulture, $"""
                <line x1="{x:0.#}" x2="{x:0.#}" y1="34" y2="{36 + (_bars.Count * Row)}"/>
                <text x="{x:0.#}" y="{height - 6}" text-anchor="middle">target {at:0.###}{unit}</text>

                """);
        }

        svg.Append("</svg>\n");
        File.WriteAllText(path, svg.ToString());
    }
}
