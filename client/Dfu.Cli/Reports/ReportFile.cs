using System.Globalization;
using System.Text;
using System.Xml.Linq;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;

namespace Dfu.Cli.Reports;

/// <summary>Writes what became of every device to a file whose extension chooses the form: .csv, .json or .xml (JUnit's).</summary>
internal static class ReportFile
{
    /// <summary>Whether a report could be written there; asked before any radio is touched.</summary>
    /// <exception cref="DfuException">InvalidArgument or OutputNotWritten.</exception>
    public static void Check(string path)
    {
        if (Path.GetExtension(path).ToLowerInvariant() is not (".csv" or ".json" or ".xml"))
        {
            throw new DfuException(DfuError.InvalidArgument, $"--report: '{path}' must end in .csv, .json or .xml");
        }

        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (!Directory.Exists(folder)) throw new DfuException(DfuError.InvalidArgument, $"--report: the folder {folder} does not exist");
        if (Directory.Exists(path)) throw new DfuException(DfuError.InvalidArgument, $"--report: '{path}' is a folder");
        OutputFile.Try(path);
    }

    /// <exception cref="DfuException">OutputNotWritten.</exception>
    public static void Write(string path, CampaignView view) => OutputFile.Write(path, Encoding.UTF8.GetBytes(Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".csv" => Csv(view),
        ".xml" => JUnit(view),
        _ => RunDocument.Of(view, bothAddresses: true).ToJson() + "\n",
    }));

    internal static string Csv(CampaignView view)
    {
        var text = new StringBuilder("device,bootloader,outcome,error,detail,attempts,bytesTotal,bytesSent,bytesResent,drops,adapter,seconds\n");
        foreach (var device in view.Devices)
        {
            string[] cells =
            [
                device.Application.ToString(),
                device.Bootloader?.ToString() ?? "",
                RunDevice.CamelCase(device.Outcome.ToString()),
                device.Error == DfuError.None ? "" : device.Error.Code(),
                device.Detail,
                Number(device.Attempts),
                Number(device.BytesTotal),
                Number(device.BytesSent),
                Number(device.BytesResent),
                Number(device.ResumeTotals.Times),
                device.Adapter ?? "",
                device.Seconds.ToString("0.###", CultureInfo.InvariantCulture),
            ];
            text.AppendJoin(',', cells.Select(Quote)).Append('\n');
        }

        return text.ToString();
    }

    internal static string JUnit(CampaignView view)
    {
        var failed = view.Devices.Count(device => device.Outcome == DeviceOutcome.Failed);
        var skipped = view.Devices.Count(device => device.Outcome is DeviceOutcome.Pending or DeviceOutcome.Cancelled);
        var suite = new XElement(
            "testsuite",
            new XAttribute("name", "dfu flash"),
            new XAttribute("tests", view.Devices.Length),
            new XAttribute("failures", failed),
            new XAttribute("errors", 0),
            new XAttribute("skipped", skipped),
            new XAttribute("time", Seconds(view.Seconds)),
            new XElement("properties", Property("package", view.PackageId), Property("outcome", RunDocument.Of(view).Outcome)),
            view.Devices.Select(TestCase));
        return $"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n{new XElement("testsuites", suite)}\n";
    }

    private static XElement TestCase(DeviceView device) => new(
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
                new XAttribute("message", RunDevice.CamelCase(device.Outcome.ToString()))),
            _ => null,
        },
        new XElement(
            "properties",
            device.Outcome.IsGood() && device.Detail.Length > 0 ? Property("detail", device.Detail) : null,
            Property("bootloader", device.Bootloader?.ToString() ?? ""),
            Property("adapter", device.Adapter ?? ""),
            Property("attempts", Number(device.Attempts)),
            Property("bytesSent", Number(device.BytesSent)),
            Property("bytesResent", Number(device.BytesResent))));

    private static XElement Property(string name, string value) => new("property", new XAttribute("name", name), new XAttribute("value", Printable(value)));

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Seconds(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);

    private static string Printable(string text) => string.Concat(text.Where(character => !char.IsControl(character) && !char.IsSurrogate(character)));

    // A cell that begins like a formula would be one in a spreadsheet; details carry text from devices.
    private static string Quote(string cell)
    {
        if (cell.Length > 0 && cell[0] is '=' or '+' or '-' or '@') cell = "'" + cell;
        return cell.AsSpan().IndexOfAny(",\"\r\n") < 0 ? cell : $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}
