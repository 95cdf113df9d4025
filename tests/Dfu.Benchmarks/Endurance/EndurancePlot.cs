using System.Globalization;
using System.Text;

namespace Dfu.Benchmarks.Endurance;

/// <summary>One strip for each thing that was measured, over the same time, as an SVG that is read on light and on dark.</summary>
internal static class EndurancePlot
{
    private const int Width = 760;
    private const int Left = 150;
    private const int Right = 24;
    private const int Top = 54;
    private const int Strip = 74;
    private const int Gap = 18;

    /// <summary>More points than the strip has pixels show nothing.</summary>
    private const int MostPoints = 200;

    private const string Style = """
        <style>
        text { font: 12px system-ui, sans-serif; fill: #24292f }
        .title { font-size: 15px; font-weight: 600 } .small { font-size: 11px; fill: #57606a } .name { font-weight: 600 }
        .paper { fill: #ffffff } .strip { fill: #f6f8fa } .warm { fill: #eaeef2 }
        .line { fill: none; stroke: #0969da; stroke-width: 1.5 } .median { stroke: #bc4c00; stroke-width: 1.5; stroke-dasharray: 5 3 }
        @media (prefers-color-scheme: dark) {
          text { fill: #e6edf3 } .small { fill: #9198a1 } .paper { fill: #0d1117 } .strip { fill: #161b22 } .warm { fill: #21262d }
          .line { stroke: #58a6ff } .median { stroke: #ffa657 }
        }
        </style>
        """;

    public static string Of(string title, string subtitle, IReadOnlyList<Measured> all)
    {
        var height = Top + (all.Count * (Strip + Gap)) + 28;
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {height}" role="img">""").Append('\n');
        svg.Append(CultureInfo.InvariantCulture, $"<title>{title}</title>\n{Style}\n")
            .Append("""<rect class="paper" width="100%" height="100%"/>""").Append('\n');
        svg.Append(CultureInfo.InvariantCulture, $"""<text class="title" x="16" y="24">{title}</text>""");
        svg.Append(CultureInfo.InvariantCulture, $"""<text class="small" x="16" y="42">{subtitle}</text>""").Append('\n');
        for (var i = 0; i < all.Count; i++) Draw(svg, all[i], Top + (i * (Strip + Gap)));
        var minutes = all[0].Samples[^1].Minutes;
        var bottom = Top + (all.Count * (Strip + Gap)) + 4;
        for (var quarter = 0; quarter <= 4; quarter++)
        {
            var anchor = quarter switch
            {
                0 => "start",
                4 => "end",
                _ => "middle",
            };
            svg.Append(
                CultureInfo.InvariantCulture,
                $"""<text class="small" text-anchor="{anchor}" x="{X(quarter / 4.0):0.#}" y="{bottom}">{minutes * quarter / 4:0.#} min</text>""").Append('\n');
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static double X(double share) => Left + (share * (Width - Left - Right));

    private static void Draw(StringBuilder svg, Measured measured, int top)
    {
        var most = measured.Samples.Max(static sample => sample.Value) * 1.1;
        var end = measured.Samples[^1].Minutes;
        double Y(double value) => top + (Strip * (1 - (value / Math.Max(most, 1e-9))));
        var every = Math.Max(1, measured.Samples.Count / MostPoints);
        var points = string.Join(' ', measured.Samples.Where((_, n) => n % every == 0).Select(
            sample => string.Create(CultureInfo.InvariantCulture, $"{X(sample.Minutes / end):0.#},{Y(sample.Value):0.#}")));
        svg.Append(CultureInfo.InvariantCulture, $"""<rect class="strip" x="{Left}" y="{top}" width="{Width - Left - Right}" height="{Strip}"/>""");
        var quarterWidth = (Width - Left - Right) / 4;
        svg.Append(CultureInfo.InvariantCulture, $"""<rect class="warm" x="{Left}" y="{top}" width="{quarterWidth}" height="{Strip}"/>""").Append('\n');
        svg.Append(CultureInfo.InvariantCulture, $"""<text class="name" x="16" y="{top + 20}">{measured.Name}</text>""");
        svg.Append(CultureInfo.InvariantCulture, $"""<text class="small" x="16" y="{top + 36}">{measured.Unit}</text>""");
        svg.Append(CultureInfo.InvariantCulture, $"""<text class="small" x="16" y="{top + 52}">2nd quarter {measured.Second:0.#}</text>""");
        svg.Append(CultureInfo.InvariantCulture, $"""<text class="small" x="16" y="{top + 68}">last quarter {measured.Last:0.#}</text>""").Append('\n');
        svg.Append(CultureInfo.InvariantCulture, $"""<polyline class="line" points="{points}"/>""");
        Median(1, measured.Second);
        Median(3, measured.Last);
        svg.Append(CultureInfo.InvariantCulture, $"""<text class="small" text-anchor="end" x="{Left - 4}" y="{top + Strip}">0</text>""").Append('\n');

        void Median(int quarter, double value) => svg.Append(
            CultureInfo.InvariantCulture,
            $"""<line class="median" x1="{X(quarter / 4.0):0.#}" x2="{X((quarter + 1) / 4.0):0.#}" y1="{Y(value):0.#}" y2="{Y(value):0.#}"/>""");
    }
}
