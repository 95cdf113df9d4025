using System.Text.RegularExpressions;

namespace Dfu.Deployment.Tests.Docker;

/// <summary>Variables of the environment that mean something to the product.</summary>
internal static partial class ProductVariables
{
    /// <summary>Read by .NET and by Npgsql, each as its own documents have them.</summary>
    private static readonly string[] OfLibraries = ["XDG_DATA_HOME", "DOTNET_EnableDiagnostics", "PGGSSENCMODE"];

    /// <summary>What the product's sources name in quotes, and its documents say.</summary>
    public static IReadOnlySet<string> Known { get; } = Find();

    private static HashSet<string> Find()
    {
        var sources = Repository.Files("*.cs").Where(static path => path.Split('/')[0] is "client" or "silo");
        var named = sources.SelectMany(static path => InQuotes().Matches(Repository.Read(path))).Select(static match => match.Groups[1].Value).ToHashSet();
        var files = named.Where(static name => name is "PGPASSWORD" or "DFU_ACCESS_KEY" or "DFU_TLS_PASSPHRASE").Select(static name => name + "_FILE");
        var told = InDocument().Matches(Repository.Read("docs/telemetry.md")).Select(static match => match.Groups[1].Value);
        return [.. named, .. files, .. told, .. OfLibraries];
    }

    [GeneratedRegex("\"((?:DFU|PG)_?[A-Z_]+)\"")]
    private static partial Regex InQuotes();

    [GeneratedRegex("`(OTEL_[A-Z_]+)")]
    private static partial Regex InDocument();
}
