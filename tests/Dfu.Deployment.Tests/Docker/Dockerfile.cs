using System.Text.Json;
using System.Text.RegularExpressions;

namespace Dfu.Deployment.Tests.Docker;

/// <summary>The image's recipe, by its instructions.</summary>
internal static partial class Dockerfile
{
    public const string Path = "docker/Dockerfile";

    public static IReadOnlyList<(string Name, string Words)> Instructions { get; } =
    [
        .. Continued().Replace(Comment().Replace(Repository.Read(Path), ""), " ").Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(static line => line.Trim().Split(' ', 2)).Select(static parts => (parts[0], parts[1].Trim())),
    ];

    /// <summary>What is given to the build beside the images that it begins with.</summary>
    public static IReadOnlyList<string> Arguments { get; } =
        [.. Of("ARG").Select(static rest => rest.Split('=')[0]).Where(static name => name is not ("SDK" or "RUNTIME" or "TARGETARCH")).Distinct()];

    public static string Version { get; } =
        Assert.Single(Of("ARG").Where(static rest => rest.StartsWith("VERSION=", StringComparison.Ordinal)).Distinct())["VERSION=".Length..];

    /// <summary>dfu, and dfu with capabilities.</summary>
    public static IReadOnlyList<string> Programs { get; } =
        ["/app/dfu", .. Copied().Matches(Repository.Read(Path)).Select(static match => $"/app/{match.Groups[1].Value}")];

    public static IReadOnlyList<string> Capabilities { get; } = Capability().Match(Repository.Read(Path)).Groups[1].Value.Split(',');

    public static IReadOnlyList<string> HealthCheck { get; } =
        JsonSerializer.Deserialize<string[]>(Assert.Single(Of("HEALTHCHECK")).Split("CMD ")[1])!;

    /// <summary>Folders that belong to the image's user: named volumes begin as they are.</summary>
    public static IReadOnlyList<string> OwnFolders { get; } =
        [.. Of("COPY").Where(static rest => rest.Contains($"--chown={User} /out/empty ", StringComparison.Ordinal)).Select(static rest => rest.Split(' ')[^1])];

    public static string User => Assert.Single(Of("USER"));

    public static IEnumerable<string> Of(string name) => Instructions.Where(one => one.Name == name).Select(static one => one.Words);

    [GeneratedRegex(@"^#.*\n", RegexOptions.Multiline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"\\\n\s*")]
    private static partial Regex Continued();

    [GeneratedRegex(@"cp /out/app/dfu /out/app/(\S+)")]
    private static partial Regex Copied();

    [GeneratedRegex(@"setcap (\S+)=ep /out/app/")]
    private static partial Regex Capability();
}
