using System.Globalization;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;

namespace Dfu.Reports;

/// <summary>JUnit's form, for test farms: a test case per device.</summary>
public static class JUnitReport
{
    public static string Write(CampaignReport report)
    {
        var devices = report.View.Devices;
        var suite = new XElement(
            "testsuite",
            new XAttribute("name", report.Name.Length > 0 ? Printable(report.Name) : "dfu flash"),
            new XAttribute("tests", devices.Length),
            new XAttribute("failures", devices.Count(static device => device.Outcome == DeviceOutcome.Failed)),
            new XAttribute("errors", 0),
            new XAttribute("skipped", devices.Count(static device => device.Outcome is DeviceOutcome.Pending or DeviceOutcome.Cancelled)),
            new XAttribute("time", Seconds(report.View.Seconds)),
            report.StartedAt is { } started ? new XAttribute("timestamp", ReportWords.Time(started)) : null,
            new XElement(
                "properties",
                Property("package", report.View.PackageId),
                Property("outcome", report.Outcome),
                Property("campaign", report.View.Id),
                Known("initPackets", report.Package?.InitPackets),
                Known("signature", report.Package?.Signature),
                Known("signer", report.Package?.Signer)),
            devices.Select(device => TestCase(report, device)));
        return $"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n{new XElement("testsuites", suite)}\n";
    }

    private static XElement TestCase(CampaignReport report, DeviceView device) => new(
        "testcase",
        new XAttribute("classname", "dfu.flash"),
        new XAttribute("name", device.Application.ToString()),
        new XAttribute("time", Seconds(device.Seconds)),
        device.Outcome switch
        {
            DeviceOutcome.Failed => new XElement(
                "failure",
                new XAttribute("type", device.Error.Code()),
                new XAttribute("message", ErrorCatalog.Describe(device.Error).Sentence),
                Printable($"{device.Detail} {ErrorCatalog.Describe(device.Error).Remedy}".Trim())),
            DeviceOutcome.Pending or DeviceOutcome.Cancelled => new XElement(
                "skipped",
                new XAttribute("message", ReportWords.CamelCase(device.Outcome.ToString()))),
            _ => null,
        },
        new XElement(
            "properties",
            device.Outcome.IsGood() ? Known("detail", device.Detail) : null,
            Property("bootloader", device.Bootloader?.ToString() ?? ""),
            Property("adapter", device.Adapter ?? ""),
            Property("attempts", Number(device.Attempts)),
            Property("bytesSent", Number(device.BytesSent)),
            Property("bytesResent", Number(device.BytesResent)),
            Property("result", ReportWords.CamelCase(device.Outcome.ToString())),
            Known("serial", device.Label?.Serial),
            Known("label", device.Label?.Label),
            Known("order", device.Label?.Order),
            Known("host", report.PlaceOf(device.Adapter).Host),
            Known("startedAt", ReportWords.Time(device.StartedAt)),
            Known("endedAt", ReportWords.Time(device.EndedAt)),
            Known("resumes", ReportWords.Resumes(device.Resumes)),
            Property("finish", ReportWords.Code(device.Finish.Check)),
            Known("revision", device.Finish.Revision),
            Property("wearPages", Number(device.Wear.Pages)),
            Property("wearSettings", Number(device.Wear.Settings))));

    private static XElement Property(string name, string value) => new("property", new XAttribute("name", name), new XAttribute("value", Printable(value)));

    private static XElement? Known(string name, string? value) => string.IsNullOrEmpty(value) ? null : Property(name, value);

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Seconds(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);

    /// <summary>Without what XML cannot carry.</summary>
    private static string Printable(string text)
    {
        var kept = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (!Rune.IsControl(rune) && (rune.Value > char.MaxValue || XmlConvert.IsXmlChar((char)rune.Value))) kept.Append(rune.ToString());
        }

        return kept.ToString();
    }
}
