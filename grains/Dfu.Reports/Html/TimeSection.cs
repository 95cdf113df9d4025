using System.Text;

namespace Dfu.Reports.Html;

/// <summary>Where the time of all units went: a bar with numbers, and what they stand for.</summary>
public static class TimeSection
{
    /// <summary>Parts of the bar that are wide enough for their number, of 1.</summary>
    private const double Wide = 0.04;

    public static string Of(CampaignReport report)
    {
        var time = report.Time;
        var total = time.Total;
        if (total <= 0) return "";
        var parts = TimePart.All.Select(part => (Part: part, Seconds: part.Of(time))).Where(static part => part.Seconds > 0).ToList();
        var text = new StringBuilder();
        text.Append($"<h2>Where the time went <small>{Format.Duration(total)} of all units together</small></h2>\n");
        text.Append("<div class=\"bar\" aria-hidden=\"true\">");
        for (var i = 0; i < parts.Count; i++)
        {
            var number = parts[i].Seconds / total >= Wide ? $"<b>{i + 1}</b>" : "";
            text.Append($"<span style=\"color:var(--t-{parts[i].Part.Key});flex-grow:{HtmlText.Number(parts[i].Seconds, "0.###")}\">{number}</span>");
        }

        text.Append("</div>\n<ol class=\"legend\">");
        for (var i = 0; i < parts.Count; i++)
        {
            var (part, seconds) = parts[i];
            text.Append($"<li><span class=\"sw\" style=\"color:var(--t-{part.Key})\"><b>{i + 1}</b></span><span>{part.Word}</span>");
            text.Append($"<span class=\"muted\">{Format.Duration(seconds)}</span><span>{Format.Percent(seconds, total)}</span></li>");
        }

        return text.Append("</ol>\n").ToString();
    }
}
