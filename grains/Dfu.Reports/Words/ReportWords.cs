using System.Globalization;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Transfers;

namespace Dfu.Reports;

/// <summary>How facts of a device are written in reports.</summary>
public static class ReportWords
{
    /// <summary>UTC, ISO 8601, to the second; empty for none.</summary>
    public static string Time(DateTimeOffset? at) => at?.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture) ?? "";

    /// <summary>
    /// Host and adapter of an id such as <c>station-1/bluez:usb-1-1.2</c>. One that names no host begins with its kind: <c>bridge:tcp://…</c>.
    /// </summary>
    /// <param name="host">The host of adapters that do not name theirs.</param>
    public static (string Host, string Adapter) Place(string id, string host)
    {
        var slash = id.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && !id.AsSpan(0, slash).Contains(':') ? (id[..slash], id[(slash + 1)..]) : (host, id);
    }

    public static string CamelCase(string name) => char.ToLowerInvariant(name[0]) + name[1..];

    public static string Code(FinishCheck check) => CamelCase(check.ToString());

    public static string Sentence(DfuError error) => error == DfuError.None ? "" : ErrorCatalog.Describe(error).Sentence;

    public static string Remedy(DfuError error) => error == DfuError.None ? "" : ErrorCatalog.Describe(error).Remedy;

    /// <summary><c>backAtSave 65536/73728</c>: what the device held of what was confirmed.</summary>
    public static string Resumes(IEnumerable<ResumeRecord> resumes) => string.Join(
        "; ",
        resumes.Select(static resume => string.Create(CultureInfo.InvariantCulture, $"{resume.Diagnosis.Code()} {resume.Held}/{resume.Stored}")));
}
