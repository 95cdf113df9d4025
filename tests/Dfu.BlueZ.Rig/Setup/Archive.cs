using System.Diagnostics;
using System.Formats.Tar;

namespace Dfu.BlueZ.Rig.Setup;

/// <summary>Takes files out of Debian packages.</summary>
internal static class Archive
{
    /// <summary>
    /// Unpacks what <paramref name="wanted"/> says, below the folder. What a package puts in /bin, /sbin and /lib lands in /usr, where current
    /// systems have it.
    /// </summary>
    public static async Task UnpackAsync(string package, string folder, Func<string, bool> wanted, CancellationToken stop)
    {
        using var process = Process.Start(new ProcessStartInfo("dpkg-deb", ["--fsys-tarfile", package]) { RedirectStandardOutput = true })!;
        await using var kill = stop.Register(process.Kill);
        await using var tar = new TarReader(process.StandardOutput.BaseStream);
        while (await tar.GetNextEntryAsync(cancellationToken: stop) is { } entry)
        {
            var path = Merged(entry.Name.TrimStart('.', '/').TrimEnd('/'));
            if (path.Length == 0 || !wanted(path)) continue;
            var target = Path.Combine(folder, path);
            switch (entry.EntryType)
            {
                case TarEntryType.Directory:
                    Directory.CreateDirectory(target);
                    break;
                case TarEntryType.SymbolicLink:
                    Prepare(target);
                    File.CreateSymbolicLink(target, entry.LinkName);
                    break;
                case TarEntryType.HardLink:
                    Prepare(target);
                    File.Copy(Path.Combine(folder, Merged(entry.LinkName.TrimStart('.', '/'))), target);
                    break;
                default:
                    Prepare(target);
                    await entry.ExtractToFileAsync(target, overwrite: true, stop);
                    break;
            }
        }

        await process.WaitForExitAsync(stop);
        if (process.ExitCode != 0) throw new RigException($"{package} cannot be unpacked");
    }

    private static string Merged(string path) => path.Split('/')[0] is "bin" or "sbin" or "lib" or "lib64" ? $"usr/{path}" : path;

    private static void Prepare(string target)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        if (Path.Exists(target)) File.Delete(target);
    }
}
