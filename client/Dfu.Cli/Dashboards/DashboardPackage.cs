using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using Dfu.Protocol.Errors;

namespace Dfu.Cli.Dashboards;

/// <summary>The NuGet package that has the Aspire dashboard for one platform: a single executable in its folder <c>tools</c>.</summary>
/// <param name="Platform">As NuGet names it, such as linux-x64.</param>
internal sealed record DashboardPackage(string Platform, string Version)
{
    /// <summary>What the package takes on disk and what of that is downloaded, as of 13.6.5; differs little between platforms.</summary>
    public const string Room = "38 MB to download, 125 MB on disk";

    private static readonly string[] Served = ["linux-x64", "linux-arm64", "osx-x64", "osx-arm64", "win-x64"];

    public string Id => $"Aspire.Dashboard.Sdk.{Platform}";

    private string Executable => Platform.StartsWith("win", StringComparison.Ordinal) ? "Aspire.Dashboard.exe" : "Aspire.Dashboard";

    /// <exception cref="DfuException">DashboardUnavailable: there is none for this machine.</exception>
    public static DashboardPackage OfThisMachine() => For(PlatformOfThisMachine(), PinnedVersion());

    /// <exception cref="DfuException">DashboardUnavailable: there is none for that platform.</exception>
    public static DashboardPackage For(string platform, string version) => Served.Contains(platform)
        ? new(platform, version)
        : throw new DfuException(DfuError.DashboardUnavailable, $"there is no Aspire dashboard for {platform}, only for {string.Join(", ", Served)}");

    /// <summary>The executable, where one of NuGet's folders has the whole package.</summary>
    /// <remarks>NuGet writes <c>.nupkg.metadata</c> last; a package without it is half of one.</remarks>
    public string? FindIn(IEnumerable<string> folders) => folders
        .Select(folder => Path.Combine(folder, Id.ToLowerInvariant(), Version))
        .Where(static package => File.Exists(Path.Combine(package, ".nupkg.metadata")))
        .Select(package => Path.Combine(package, "tools", Executable))
        .FirstOrDefault(File.Exists);

    /// <summary>NuGet's folders, as a restore wrote them down.</summary>
    public static IReadOnlyList<string> FoldersOf(string assetsFile)
    {
        try
        {
            using var assets = JsonDocument.Parse(File.ReadAllBytes(assetsFile));
            return [.. assets.RootElement.GetProperty("packageFolders").EnumerateObject().Select(static folder => folder.Name)];
        }
        catch (Exception none) when (none is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return [];
        }
    }

    private static string PlatformOfThisMachine()
    {
        var system = OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : OperatingSystem.IsLinux() ? "linux" : "this system";
        return $"{system}-{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}";
    }

    /// <summary>That of Directory.Packages.props, which the build wrote into this assembly.</summary>
    private static string PinnedVersion() =>
        typeof(DashboardPackage).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(static pinned => pinned.Key == "AspireDashboard").Value!;
}
