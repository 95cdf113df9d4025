using System.Text;
using Dfu.Protocol.Errors;

namespace Dfu.Cli.Reports;

/// <summary>Writes what became of every device to a file.</summary>
internal static class ReportFile
{
    /// <summary>What the file's extension says.</summary>
    /// <param name="option">Who names the file, for the refusal.</param>
    /// <exception cref="DfuException">InvalidArgument.</exception>
    public static ReportForm FormOf(string path, string option = "--report") => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".csv" => ReportForm.Csv,
        ".json" => ReportForm.Json,
        ".xml" => ReportForm.JUnit,
        ".html" or ".htm" => ReportForm.Html,
        _ => throw new DfuException(DfuError.InvalidArgument, $"{option}: '{path}' must end in .csv, .json, .xml or .html"),
    };

    /// <summary>Whether a report could be written there; asked before any radio is touched.</summary>
    /// <param name="option">Who names the file, for the refusal.</param>
    /// <exception cref="DfuException">InvalidArgument or OutputNotWritten.</exception>
    public static void Check(string path, string option = "--report")
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (!Directory.Exists(folder)) throw new DfuException(DfuError.InvalidArgument, $"{option}: the folder {folder} does not exist");
        if (Directory.Exists(path)) throw new DfuException(DfuError.InvalidArgument, $"{option}: '{path}' is a folder");
        OutputFile.Try(path);
    }

    /// <exception cref="DfuException">OutputNotWritten.</exception>
    public static void Write(string path, ReportForm form, CampaignReport report) =>
        OutputFile.Write(path, Encoding.UTF8.GetBytes(ReportForms.Text(form, report)));
}
