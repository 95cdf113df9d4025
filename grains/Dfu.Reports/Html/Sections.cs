using System.Globalization;
using System.Text;
using Dfu.Fleet.Campaigns;
using Dfu.Protocol.Errors;

namespace Dfu.Reports.Html;

/// <summary>The parts of the page between totals and units; each is empty where there is nothing to say.</summary>
public static class Sections
{
    private const int DevicesNamed = 12;

    public static string Causes(CampaignReport report) => Table(
        "Failures by cause",
        "",
        "<th class=\"n\">Units</th><th>What happened</th><th>What to do</th><th>Which</th>",
        report.Causes().Select(static cause =>
        {
            var named = string.Join(", ", cause.Devices.Take(DevicesNamed).Select(static device => UnitRows.Name(device)))
                + (cause.Devices.Length > DevicesNamed ? $" and {cause.Devices.Length - DevicesNamed} more" : "");
            return Cell("Units", cause.Devices.Length, "n") + Cell(
                "What happened",
                $"{HtmlText.Of(ReportWords.Sentence(cause.Error))} <code class=\"muted\">{cause.Error.Code()}</code>",
                "wide") + Cell("What to do", HtmlText.Of(ReportWords.Remedy(cause.Error)), "wide") + Cell("Which", named, "wide mono");
        }));

    public static string Groups(CampaignReport report) => Table(
        "Groups",
        "",
        "<th>Group</th><th class=\"n\">Units</th><th class=\"n\">Updated</th><th class=\"n\">Failed</th><th class=\"n\">Cancelled</th><th>State</th>",
        (report.View.Standing?.Groups ?? []).Select(static (group, index) =>
            Cell("Group", group.Name.Length > 0 ? HtmlText.Of(group.Name) : $"Group {index + 1}", "head")
            + Cell("Units", group.Devices, "n") + Cell("Updated", group.Updated, "n") + Cell("Failed", group.Failed, "n")
            + Cell("Cancelled", group.Cancelled, "n") + Cell("State", State(group))));

    public static string Adapters(CampaignReport report) => Table(
        "Adapters",
        "each unit counts for the last that worked on it",
        "<th>Adapter</th><th>Host</th><th class=\"n\">Units</th><th class=\"n\">Updated</th><th class=\"n\">Failed</th><th class=\"n\">Sent</th>"
            + "<th class=\"n\">Sent twice</th><th class=\"n\">Drops</th>",
        report.Adapters().Select(static adapter =>
            Cell("Adapter", HtmlText.Of(adapter.Adapter), "head mono") + Cell("Host", HtmlText.Of(adapter.Host)) + Cell("Units", adapter.Devices, "n")
            + Cell("Updated", adapter.Updated, "n") + Cell("Failed", adapter.Failed, "n") + Cell("Sent", Format.Bytes(adapter.BytesSent), "n")
            + Cell("Sent twice", Format.Bytes(adapter.BytesResent), "n") + Cell("Drops", adapter.Drops, "n")));

    public static string Drops(CampaignReport report) => Table(
        "What devices had after a drop",
        "the last drops of each unit",
        "<th class=\"n\">Times</th><th>Found</th><th>What to do</th>",
        report.View.Devices.SelectMany(static device => device.Resumes).GroupBy(static resume => resume.Diagnosis)
            .OrderByDescending(static group => group.Count()).Select(static group =>
            {
                var (sentence, remedy) = DiagnosisCatalog.Describe(group.Key);
                return Cell("Times", group.Count(), "n") + Cell("Found", $"{HtmlText.Of(sentence)} <code class=\"muted\">{group.Key.Code()}</code>", "wide")
                    + Cell("What to do", HtmlText.Of(remedy), "wide");
            }));

    public static string Notices(CampaignReport report) => report.View.Notices.IsEmpty
        ? ""
        : "<h2>Notes</h2>\n" + string.Concat(report.View.Notices.Select(static notice => $"<p class=\"note\">{HtmlText.Of(notice)}</p>\n"));

    public static string Package(CampaignReport report)
    {
        var text = new StringBuilder("<h2>Package</h2>\n<dl class=\"rows\">");
        void Row(string name, string value) => text.Append(CultureInfo.InvariantCulture, $"<dt>{name}</dt><dd>{value}</dd>");
        Row("Package SHA-256", $"<code>{HtmlText.Of(report.View.PackageId)}</code>");
        if (report.Package is not { } package)
        {
            Row("Its content", "not known: the package is not kept any more");
            return text.Append("</dl>\n").ToString();
        }

        foreach (var image in package.Images)
        {
            Row(HtmlText.Of(image.Type.Replace('_', ' ')), $"version {image.Version.ToString(CultureInfo.InvariantCulture)}, {Format.Bytes(image.Bytes)}");
            Row("firmware SHA-256", $"<code>{image.Sha256}</code>");
            Row("init packet SHA-256", $"<code>{image.InitPacketSha256}</code>");
        }

        Row("Signature", package.Signature switch
        {
            "verified" => "valid, made with the private half of the key below",
            "invalid" => "not valid for the key below",
            "none" => "none: at least one image is not signed",
            _ => "there is one; it was not checked here, for no public key was given",
        });
        if (package.Signer is { } signer) Row("Public key SHA-256", $"<code>{signer}</code>");
        return text.Append("</dl>\n").ToString();
    }

    public static string Cell(string label, string html, string classes = "") =>
        $"<td{(classes.Length > 0 ? $" class=\"{classes}\"" : "")} data-label=\"{label}\">{html}</td>";

    public static string Cell(string label, int number, string classes) => Cell(label, number.ToString(CultureInfo.InvariantCulture), classes);

    private static string State(GroupView group) =>
        group.Devices > 0 && group.Updated + group.Failed + group.Cancelled == group.Devices ? "over" : group.Open ? "open" : "not begun";

    private static string Table(string title, string hint, string head, IEnumerable<string> rows)
    {
        var body = string.Concat(rows.Select(static row => $"<tr>{row}</tr>\n"));
        if (body.Length == 0) return "";
        var small = hint.Length > 0 ? $" <small>{hint}</small>" : "";
        return $"<h2>{title}{small}</h2>\n<table class=\"cards\"><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table>\n";
    }
}
