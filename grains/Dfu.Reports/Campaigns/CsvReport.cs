using System.Globalization;
using System.Text;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;

namespace Dfu.Reports;

/// <summary>A line per device. Scripts find columns by place too: what is new comes last.</summary>
public static class CsvReport
{
    private static readonly (string Name, Func<CampaignReport, DeviceView, string> Of)[] Columns =
    [
        ("device", static (_, device) => device.Application.ToString()),
        ("bootloader", static (_, device) => device.Bootloader?.ToString() ?? ""),
        ("outcome", static (_, device) => ReportWords.CamelCase(device.Outcome.ToString())),
        ("error", static (_, device) => device.Error == DfuError.None ? "" : device.Error.Code()),
        ("detail", static (_, device) => device.Detail),
        ("attempts", static (_, device) => Number(device.Attempts)),
        ("bytesTotal", static (_, device) => Number(device.BytesTotal)),
        ("bytesSent", static (_, device) => Number(device.BytesSent)),
        ("bytesResent", static (_, device) => Number(device.BytesResent)),
        ("drops", static (_, device) => Number(device.ResumeTotals.Times)),
        ("adapter", static (_, device) => device.Adapter ?? ""),
        ("seconds", static (_, device) => device.Seconds.ToString("0.###", CultureInfo.InvariantCulture)),
        ("serial", static (_, device) => device.Label?.Serial ?? ""),
        ("label", static (_, device) => device.Label?.Label ?? ""),
        ("order", static (_, device) => device.Label?.Order ?? ""),
        ("host", static (report, device) => report.PlaceOf(device.Adapter).Host),
        ("startedAt", static (_, device) => ReportWords.Time(device.StartedAt)),
        ("endedAt", static (_, device) => ReportWords.Time(device.EndedAt)),
        ("package", static (report, _) => report.View.PackageId),
        ("initPackets", static (report, _) => report.Package?.InitPackets ?? ""),
        ("signature", static (report, _) => report.Package?.Signature ?? ""),
        ("signer", static (report, _) => report.Package?.Signer ?? ""),
        ("resumes", static (_, device) => ReportWords.Resumes(device.Resumes)),
        ("sentence", static (_, device) => ReportWords.Sentence(device.Error)),
        ("remedy", static (_, device) => ReportWords.Remedy(device.Error)),
        ("finish", static (_, device) => ReportWords.Code(device.Finish.Check)),
        ("revision", static (_, device) => device.Finish.Revision),
        ("wearPages", static (_, device) => Number(device.Wear.Pages)),
        ("wearSettings", static (_, device) => Number(device.Wear.Settings)),
    ];

    public static string Write(CampaignReport report)
    {
        var text = new StringBuilder().AppendJoin(',', Columns.Select(static column => column.Name)).Append('\n');
        foreach (var device in report.View.Devices) text.AppendJoin(',', Columns.Select(column => Quote(column.Of(report, device)))).Append('\n');
        return text.ToString();
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    // A cell that begins like a formula would be one in a spreadsheet; details and labels carry text from devices and files.
    private static string Quote(string cell)
    {
        if (cell.Length > 0 && cell[0] is '=' or '+' or '-' or '@' or '\t' or '\r') cell = "'" + cell;
        return cell.AsSpan().IndexOfAny(",\"\r\n") < 0 ? cell : $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}
