using System.Diagnostics;

namespace Dfu.Cluster.Tests.Storage.Full;

/// <summary>A disk of a few megabytes: a file system in memory, which is only there in a name space of its own, for a process that is started in it.</summary>
internal static class SmallDisk
{
    /// <summary>Mounts one of so many kilobytes at a folder, and becomes the command that follows.</summary>
    private const string Mount = "mount -t tmpfs -o size=\"$1\"k dfu-small \"$2\" && shift 2 && exec \"$@\"";

    /// <summary>Why there can be none here; null when there can.</summary>
    public static string? Missing { get; } = Works() ? null : "no file system can be mounted in a name space of its own here (unshare -Urm)";

    public static ProcessStartInfo Start(int kilobytes, string folder, params IEnumerable<string> command) =>
        new("unshare", ["-Urm", "sh", "-c", Mount, "sh", $"{kilobytes}", folder, .. command]);

    private static bool Works()
    {
        var folder = Directory.CreateTempSubdirectory("dfu-small-");
        try
        {
            var start = Start(64, folder.FullName, "true");
            (start.RedirectStandardError, start.RedirectStandardOutput) = (true, true);
            using var process = Process.Start(start)!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
        finally
        {
            folder.Delete();
        }
    }
}

/// <summary>A test that needs a <see cref="SmallDisk"/>; reported as skipped, with the reason, where there can be none.</summary>
public sealed class SmallDiskFactAttribute : FactAttribute
{
    public SmallDiskFactAttribute() => Skip = SmallDisk.Missing;
}
