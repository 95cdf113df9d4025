using System.Globalization;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Transfers;

namespace Dfu.Cli.Reports;

/// <summary>How facts of a device are written in reports.</summary>
internal static class ReportWords
{
    /// <summary>UTC, ISO 8601, to the second; empty for none.</summary>
    public static string Time(DateTimeOffset? at) => at?.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture) ?? "";

    public static string CamelCase(string name) => char.ToLowerInvariant(name[0]) + name[1..];

    public static string Code(FinishCheck check) => CamelCase(check.ToString());

    public static string Sentence(DfuError error) => error == DfuError.None ? "" : ErrorCatalog.Describe(error).Sentence;

    public static string Remedy(DfuError error) => error == DfuError.None ? "" : ErrorCatalog.Describe(error).Remedy;

    /// <summary><c>backAtSave 65536/73728</c>: what the device held of what was confirmed.</summary>
    public static string Resumes(IEnumerable<ResumeRecord> resumes) => string.Join(
        "; ",
        resumes.Select(static resume => string.Create(CultureInfo.InvariantCulture, $"{resume.Diagnosis.Code()} {resume.Held}/{resume.Stored}")));
}
