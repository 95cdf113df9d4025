using System.Globalization;
using System.Text;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;

namespace Dfu.Reports.Html;

/// <summary>The units: those that need somebody first, then in the order of the campaign.</summary>
public static class UnitRows
{
    /// <summary>One that is not worth breaking: <c>bluez:usb-1-1.2.4</c>.</summary>
    private const int ShortAdapter = 20;

    public static void Write(StringBuilder text, CampaignReport report)
    {
        if (report.View.Devices.IsEmpty) return;
        text.Append(CultureInfo.InvariantCulture, $"<h2>Units <small>{report.View.Devices.Length}; those that failed come first; times are UTC</small></h2>\n");
        text.Append("<table class=\"units\"><thead><tr><th>Unit</th><th>State</th><th>Addresses</th><th>Adapter</th><th>Started, ended</th>"
            + "<th class=\"n\">Took</th><th class=\"n\">Tries</th><th class=\"n\">Sent</th><th>What there is to say</th></tr></thead><tbody>\n");
        foreach (var device in report.View.Devices.OrderBy(static device => device.Outcome != DeviceOutcome.Failed)) Row(text, report, device);
        text.Append("</tbody></table>\n");
    }

    /// <summary>By its serial number where it has one.</summary>
    public static string Name(DeviceView device) => device.Label is { Serial.Length: > 0 } label
        ? HtmlText.Of(label.Serial)
        : $"<span class=\"mono nowrap\">{device.Application}</span>";

    private static bool IsNamed(DeviceView device) => device.Label is { } label && label.Serial.Length + label.Label.Length > 0;

    private static void Row(StringBuilder text, CampaignReport report, DeviceView device)
    {
        var state = UnitStates.Of(device.Outcome, device.Phase);
        var (host, adapter) = report.PlaceOf(device.Adapter);
        text.Append("<tr>").Append(Sections.Cell("Unit", Lines(Named(device)), "head"));
        text.Append(Sections.Cell(
            "State", $"<span class=\"nowrap {Shapes.Class(state)}\">{Shapes.Of(state)} {UnitStates.Words(device.Outcome, device.Phase)}</span>"));
        text.Append(Sections.Cell("Addresses", Lines(Addresses(device)), "mono nowrap"));
        var radio = adapter.Length <= ShortAdapter ? $"<span class=\"nowrap\">{HtmlText.Of(adapter)}</span>" : HtmlText.Of(adapter);
        text.Append(Sections.Cell("Adapter", Lines([radio, Muted(HtmlText.Of(host))])));
        text.Append(Sections.Cell("Started, ended", Lines(Times(report, device)), "nowrap"));
        text.Append(Sections.Cell("Took", device.Seconds > 0 ? Format.Duration(device.Seconds) : "", "n"));
        text.Append(Sections.Cell("Tries", device.Attempts, "n"));
        var twice = device.BytesResent > 0 ? Muted($"{Format.Bytes(device.BytesResent)} twice") : "";
        text.Append(Sections.Cell("Sent", Lines([Format.Bytes(device.BytesSent), twice]), "n"));
        text.Append(Sections.Cell("What there is to say", Lines(Remarks(device)), "wide")).Append("</tr>\n");
    }

    private static IEnumerable<string> Named(DeviceView device)
    {
        if (!IsNamed(device))
        {
            yield return Name(device);
        }
        else
        {
            var label = device.Label!;
            yield return HtmlText.Of(label.Serial.Length > 0 ? label.Serial : label.Label);
            if (label.Serial.Length > 0) yield return Muted(HtmlText.Of(label.Label));
        }

        if (device.Label is { Order.Length: > 0 } order) yield return Muted("order " + HtmlText.Of(order.Order));
    }

    private static IEnumerable<string> Addresses(DeviceView device)
    {
        if (IsNamed(device)) yield return device.Application.ToString();
        if (device.Bootloader is { } bootloader) yield return Muted(bootloader.ToString());
    }

    /// <summary>Without the day where it is the day of the whole campaign.</summary>
    private static IEnumerable<string> Times(CampaignReport report, DeviceView device)
    {
        if (device.StartedAt is not { } started) yield break;
        var day = report.StartedAt?.UtcDateTime.Date;
        string Short(DateTimeOffset? at) => HtmlText.Moment(at) is { Length: > 11 } text && at?.UtcDateTime.Date == day ? text[11..] : HtmlText.Moment(at);
        yield return Short(started);
        yield return Short(device.EndedAt);
    }

    private static IEnumerable<string> Remarks(DeviceView device)
    {
        if (device.Error != DfuError.None)
        {
            yield return $"<strong>{HtmlText.Of(ReportWords.Sentence(device.Error))}</strong> {HtmlText.Of(ReportWords.Remedy(device.Error))}";
            yield return $"<code class=\"muted\">{device.Error.Code()}</code>";
        }

        if (device.Detail.Length > 0 && device.Detail != ReportWords.Sentence(device.Error)) yield return HtmlText.Of(device.Detail);
        if (device.Passed.Length > 0) yield return HtmlText.Of(device.Passed);
        if (Finish(device.Finish) is { Length: > 0 } finish) yield return finish;
        if (device.ResumeTotals.Times > 0)
        {
            var found = string.Join(", ", device.Resumes.Select(static resume =>
                $"{resume.Diagnosis.Code()} ({Format.Bytes(resume.Held)} of {Format.Bytes(resume.Stored)})"));
            yield return Muted(HtmlText.Of($"{Format.Count(device.ResumeTotals.Times, "drop")}: {found}"));
        }

        if (device.Wear.Pages + device.Wear.Settings > 0)
        {
            var settings = device.Wear.Settings > 0 ? $", {Format.Count((int)device.Wear.Settings, "erase")} of the settings page" : "";
            yield return Muted($"flash: {Format.Count((int)device.Wear.Pages, "page erase")}{settings}");
        }
    }

    public static string Finish(FinishReport finish)
    {
        var said = finish.Revision.Length > 0 ? $": {HtmlText.Of(finish.Revision)}" : "";
        return finish.Check switch
        {
            FinishCheck.Skipped => "Not looked at afterwards, as asked.",
            FinishCheck.Accepted => "Its bootloader accepted the image; its application was not heard.",
            FinishCheck.Heard => "Its application was heard afterwards.",
            FinishCheck.Read => $"Its application says what it is{said}",
            FinishCheck.Compared => $"Its application says what was expected{said}",
            _ => "",
        };
    }

    private static string Muted(string html) => html.Length == 0 ? "" : $"<span class=\"muted\">{html}</span>";

    private static string Lines(IEnumerable<string> lines) => $"<span>{string.Join("<br/>", lines.Where(static line => line.Length > 0))}</span>";
}
