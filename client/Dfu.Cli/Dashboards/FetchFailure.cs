using System.Text.RegularExpressions;
using Dfu.Protocol.Errors;

namespace Dfu.Cli.Dashboards;

/// <summary>Why the package could not be had, from what the SDK said: one line, and what to do.</summary>
internal static partial class FetchFailure
{
    public const string MakeRoom = "make room there (125 MB are needed) and check its permissions";
    private static readonly string[] Sdkless = ["No .NET SDKs were found", "A compatible .NET SDK was not found", "NETSDK1045"];
    private const string Instead = "or set OTEL_EXPORTER_OTLP_ENDPOINT to a collector of yours";

    public static DfuException NoSdk(Exception? cause = null) =>
        new(DfuError.DashboardUnavailable, "the dashboard comes from NuGet by the .NET SDK, and there is no SDK here", cause)
        {
            Remedy = $"install the .NET 10 SDK from https://dot.net/download, {Instead}",
        };

    /// <param name="log">Where the whole output is.</param>
    public static DfuException Of(DashboardPackage package, IReadOnlyCollection<string> output, string log)
    {
        if (Sdkless.Any(words => Find(output, words) is not null)) return NoSdk();
        if (Find(output, "No space left on device") is not null || Find(output, "not enough space on the disk") is not null)
            return Because("the disk is full, so the dashboard cannot be unpacked", "make room (125 MB are needed) and run it again");
        if (Find(output, "NU1101") is { } unknown)
        {
            return Because(
                $"no NuGet source of this machine has the package {package.Id}{Sources(unknown)}",
                "add one that has it, such as 'dotnet nuget add source https://api.nuget.org/v3/index.json --name nuget.org'");
        }

        if (Find(output, "NU1102") is not null || Find(output, "NU1103") is not null)
            return Because($"the NuGet sources of this machine have {package.Id}, but not its version {package.Version}", "add a source that has it");
        if (Find(output, "401 (Unauthorized)") is not null || Find(output, "403 (Forbidden)") is not null)
            return Because("a NuGet source of this machine refuses: it wants credentials", $"see 'dotnet nuget list source' and {log}");
        if (Find(output, "NU1301") is { } unreachable) return Unreachable(unreachable);
        if (Find(output, "Failed to download package") is { } broken) return Unreachable(broken);
        var error = Find(output, "error") ?? output.LastOrDefault() ?? "it said nothing";
        return Because($"the .NET SDK could not bring the dashboard: {Plain(error)}", $"see {log}");

        DfuException Unreachable(string line) => Because(
            $"no network, or a NuGet source that does not answer{(Address().Match(line) is { Success: true } at ? $": {at.Value}" : "")}",
            $"check the network, the proxy and 'dotnet nuget list source', and run it again, {Instead}");
    }

    private static DfuException Because(string what, string remedy) => new(DfuError.DashboardUnavailable, what) { Remedy = remedy };

    private static string? Find(IReadOnlyCollection<string> output, string words) =>
        output.FirstOrDefault(line => line.Contains(words, StringComparison.OrdinalIgnoreCase));

    private static string Sources(string line) => SourceNames().Match(line) is { Success: true } named ? $" (asked: {named.Groups[1].Value})" : "";

    /// <summary>Without the place in a generated file, which nobody knows.</summary>
    private static string Plain(string line) => Place().Replace(line.Trim(), "");

    [GeneratedRegex(@"source\(s\): (.*?)\.?( \[.*)?$")]
    private static partial Regex SourceNames();

    [GeneratedRegex(@"https?://[^\s'"",]*[^\s'"",.]")]
    private static partial Regex Address();

    [GeneratedRegex(@"^.*? : (?=error)| \[[^\]]*\]$")]
    private static partial Regex Place();
}
