using System.Globalization;
using System.Text;
using Dfu.Fleet.Campaigns;

namespace Dfu.Reports.Html;

/// <summary>One page to open, print or send on: it asks for nothing else and runs nothing.</summary>
public static class HtmlReport
{
    private static readonly Lazy<string> Style = new(static () =>
    {
        using var css = new StreamReader(typeof(HtmlReport).Assembly.GetManifestResourceStream("report.css")!);
        return css.ReadToEnd();
    });

    public static string Write(CampaignReport report)
    {
        var text = new StringBuilder();
        var title = HtmlText.Of(Title(report));
        text.Append(
            $"""
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <title>{title}</title>
            <style>
            {Style.Value}</style></head><body>
            {Shapes.Definitions}
            <header><h1>{title}</h1>
            <p class="muted">{Subtitle(report)}</p></header>
            {Totals(report)}
            """);
        text.Append('\n');
        text.Append(ThroughputChart.Of(report.View.Devices));
        text.Append(Sections.Causes(report));
        text.Append(Sections.Groups(report));
        text.Append(Sections.Adapters(report));
        text.Append(TimeSection.Of(report));
        text.Append(Sections.Drops(report));
        text.Append(Sections.Notices(report));
        text.Append(Sections.Package(report));
        UnitRows.Write(text, report);
        text.Append($"<footer>Made by dfu at {HtmlText.Moment(report.MadeAt)} UTC. Bytes are firmware bytes over all runs of the campaign. ");
        return text.Append("Campaign ").Append($"<code>{HtmlText.Of(report.View.Id)}</code></footer>\n</body></html>\n").ToString();
    }

    private static string Title(CampaignReport report) =>
        report.Name.Length > 0 ? report.Name : report.Package is { } package ? $"Update to {package.Title}" : "Update report";

    private static string Subtitle(CampaignReport report)
    {
        string[] parts =
        [
            report.Package is { } package
                ? HtmlText.Of($"{package.Title}, {Format.Bytes(package.Bytes)}")
                : "package " + HtmlText.Of(report.View.PackageId[..Math.Min(12, report.View.PackageId.Length)]),
            report.StartedAt is { } started ? $"started {HtmlText.Moment(started)} UTC" : "",
            report.EndedAt is { } ended && report.View.Outcome != CampaignOutcome.Running ? $"ended {HtmlText.Moment(ended)} UTC" : "",
        ];
        return string.Join(" · ", parts.Where(static part => part.Length > 0));
    }

    private static string Totals(CampaignReport report)
    {
        var view = report.View;
        var all = view.Devices.Length;
        if (all == 0) return "<div class=\"totals\"><div class=\"of\">No device was found, and none was given. Nothing was updated.</div></div>";
        var counts = Enum.GetValues<UnitState>().Select(state => (State: state, Count: report.Count(state))).ToList();
        var bar = new StringBuilder("<div class=\"bar\" aria-hidden=\"true\">");
        foreach (var state in new[] { UnitState.Done, UnitState.Failed, UnitState.AtWork, UnitState.Pausing, UnitState.Cancelled, UnitState.Waiting })
        {
            var count = counts.First(pair => pair.State == state).Count;
            if (count > 0) bar.Append(CultureInfo.InvariantCulture, $"<span class=\"{Shapes.Class(state)}\" style=\"flex-grow:{count}\"></span>");
        }

        bar.Append("</div>");
        var list = new StringBuilder("<ul class=\"counts\">");
        foreach (var (state, count) in counts.Where(static pair => pair.Count > 0))
        {
            var current = state == UnitState.Done && report.AlreadyCurrent > 0 ? $", {report.AlreadyCurrent} of them were so already" : "";
            list.Append(CultureInfo.InvariantCulture, $"<li>{Shapes.Of(state)} {count} {UnitStates.Word(state)}{current}</li>");
        }

        list.Append("</ul>");
        return $"""
            <div class="totals"><div class="big">{report.Good}</div><div class="of">of {all}<br/>updated</div><div class="right">{bar}{list}</div></div>
            <dl class="facts">{string.Concat(Facts(report).Select(static fact => $"<div><dt>{fact.Name}</dt><dd>{fact.Text}</dd></div>"))}</dl>
            """;
    }

    private static IEnumerable<(string Name, string Text)> Facts(CampaignReport report)
    {
        var devices = report.View.Devices;
        yield return ("Result", report.Outcome switch
        {
            "succeeded" => "All succeeded",
            "failed" => report.Good == devices.Length ? "Fewer devices than asked for" : "Not all succeeded",
            "running" => "Not over yet",
            _ => "Interrupted; it can go on",
        });
        yield return ("Time", HtmlText.Of(Format.Duration(report.View.Seconds)));
        var updated = report.Good - report.AlreadyCurrent;
        if (updated > 1 && report.View.Seconds > 0)
            yield return ("Pace", string.Create(CultureInfo.InvariantCulture, $"{updated * 3600 / report.View.Seconds:0} an hour"));
        long sent = devices.Sum(static device => device.BytesSent), again = devices.Sum(static device => device.BytesResent);
        yield return ("Sent", Format.Bytes(sent));
        yield return ("Sent twice", again == 0 ? "nothing" : $"{Format.Bytes(again)} ({Format.Percent(again, sent)})");
        var times = devices.Sum(static device => device.ResumeTotals.Times);
        if (times > 0)
            yield return ("Drops", $"{Format.Count(times, "drop")}; resuming saved {Format.Bytes(devices.Sum(static device => device.ResumeTotals.Kept))}");
    }
}
