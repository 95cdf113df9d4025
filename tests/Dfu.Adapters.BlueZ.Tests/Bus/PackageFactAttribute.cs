using System.Reflection;

namespace Dfu.Adapters.BlueZ.Tests.Bus;

/// <summary>A test that needs the package Linux.Bluetooth in NuGet's folder; skipped, with the reason, where it is not.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PackageFactAttribute : FactAttribute
{
    public const string Id = "linux.bluetooth";

    public PackageFactAttribute()
    {
        if (typeof(Linux.Bluetooth.IAdapter1).Assembly != typeof(BlueZHost).Assembly) Skip = "this build is made against the package itself";
        else if (Library is null) Skip = $"no {Id} in {Packages}: a build with -p:LinuxBluetooth=true restores it";
    }

    /// <summary>The newest version that was ever restored here; null when none was.</summary>
    internal static string? Library { get; } = Directory.Exists(Path.Combine(Packages, Id))
        ? Directory.EnumerateFiles(Path.Combine(Packages, Id), "Linux.Bluetooth.dll", SearchOption.AllDirectories)
            .Where(static path => path.Contains($"{Path.DirectorySeparatorChar}lib{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .MaxBy(static path => AssemblyName.GetAssemblyName(path).Version)
        : null;

    internal static string Packages => Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } own
        ? own
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
}
