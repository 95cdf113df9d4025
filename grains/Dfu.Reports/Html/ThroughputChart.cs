using System.Globalization;
using System.Text;
using Dfu.Fleet.Devices;

namespace Dfu.Reports.Html;

/// <summary>How many units ended in each stretch of time, as bars.</summary>
public static class ThroughputChart
{
    private const int MostBars = 48;
    private const int Height = 100;

    private static readonly int[] Widths = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400];

    /// <summary>What a round time is said without.</summary>
    private static readonly string[] Empty = [" 0 s", " 0 min", ".0"];

    /// <summary>Empty when fewer than two units have ended: there is nothing to see then.</summary>
    public static string Of(IReadOnlyCollection<DeviceView> devices)
    {
        var ended = devices.Where(static device => device.EndedAt is not null && (device.Outcome.IsGood() || device.Outcome == DeviceOutcome.Failed)).ToList();
        if (ended.Count < 2) return "";
        var begin = devices.Min(static device => device.StartedAt) is { } started && started < ended.Min(static device => device.EndedAt)
            ? started
            : ended.Min(static device => device.EndedAt)!.Value;
        var span = (ended.Max(static device => device.EndedAt)!.Value - begin).TotalSeconds;
        var width = WidthFor(span);
        var bars = new (int Good, int Failed)[(int)(span / width) + 1];
        foreach (var device in ended)
        {
            ref var bar = ref bars[(int)((device.EndedAt!.Value - begin).TotalSeconds / width)];
            if (device.Outcome.IsGood()) bar.Good++;
            else bar.Failed++;
        }

        var top = Ceiling(bars.Max(static bar => bar.Good + bar.Failed));
        var text = new StringBuilder();
        var stretch = Empty.Aggregate(
            Format.Duration(width), static (words, empty) => words.Replace(empty, "", StringComparison.Ordinal));
        text.Append($"<h2>Throughput <small>units in {stretch}, by when they ended; times are UTC</small></h2>\n<div class=\"chart\">");
        text.Append(CultureInfo.InvariantCulture, $"<div class=\"y\"><span>{top}</span><span>{(top % 2 == 0 ? top / 2 : "")}</span><span>0</span></div>");
        text.Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 {bars.Length * 10} {Height}\" preserveAspectRatio=\"none\" role=\"img\">");
        text.Append(CultureInfo.InvariantCulture, $"<title>At most {bars.Max(static bar => bar.Good + bar.Failed)} units in {stretch}</title>");
        text.Append("<defs><pattern id=\"hatch\" width=\"4\" height=\"4\" patternUnits=\"userSpaceOnUse\">");
        text.Append("<path d=\"M0 4L4 0\" class=\"failed\" stroke=\"currentColor\" stroke-width=\"2\"/></pattern></defs>");
        foreach (var y in new[] { 0, Height / 2 })
            text.Append(CultureInfo.InvariantCulture, $"<line x1=\"0\" x2=\"{bars.Length * 10}\" y1=\"{y}\" y2=\"{y}\"/>");
        for (var i = 0; i < bars.Length; i++)
        {
            var (good, failed) = (bars[i].Good * (double)Height / top, bars[i].Failed * (double)Height / top);
            if (good > 0)
            {
                text.Append($"<rect class=\"done\" fill=\"currentColor\" x=\"{(i * 10) + 1}\" width=\"8\" ");
                text.Append($"y=\"{HtmlText.Number(Height - good)}\" height=\"{HtmlText.Number(good)}\"/>");
            }

            if (failed > 0)
            {
                text.Append($"<rect class=\"failed\" fill=\"url(#hatch)\" stroke=\"currentColor\" vector-effect=\"non-scaling-stroke\" ");
                text.Append($"x=\"{(i * 10) + 1}\" width=\"8\" y=\"{HtmlText.Number(Height - good - failed)}\" height=\"{HtmlText.Number(failed)}\"/>");
            }
        }

        var end = begin.AddSeconds(width * (double)bars.Length);
        text.Append("</svg><div class=\"x\">");
        foreach (var at in new[] { begin, begin + ((end - begin) / 2), end }) text.Append("<span>").Append(Label(at, end - begin)).Append("</span>");
        text.Append("</div></div>\n<p class=\"key\">");
        text.Append($"<span>{Shapes.Of(UnitState.Done)} updated (full bars)</span>");
        if (ended.Exists(static device => device.Outcome == DeviceOutcome.Failed)) text.Append($"<span>{Shapes.Of(UnitState.Failed)} failed (hatched)</span>");
        return text.Append("</p>\n").ToString();
    }

    public static int WidthFor(double span)
    {
        foreach (var width in Widths)
        {
            if (span / width < MostBars) return width;
        }

        return Widths[^1] * (int)Math.Ceiling((span + 1) / Widths[^1] / MostBars);
    }

    /// <summary>The next round number: 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30 …</summary>
    public static int Ceiling(int most)
    {
        for (var step = 1; ; step *= 10)
        {
            foreach (var tenths in new[] { 10, 12, 15, 20, 25, 30, 40, 50, 60, 80 })
            {
                var round = tenths * step;
                if (round % 10 == 0 && most <= round / 10) return round / 10;
            }
        }
    }

    private static string Label(DateTimeOffset at, TimeSpan span) =>
        at.UtcDateTime.ToString(span.TotalMinutes < 5 ? "HH:mm:ss" : span.TotalDays < 1 ? "HH:mm" : "MM-dd HH:mm", CultureInfo.InvariantCulture);
}
