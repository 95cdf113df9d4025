using System.Runtime.InteropServices;
using Dfu.Protocol.Errors;

namespace Dfu.Silo.Storage.Files;

/// <summary>Files that are on the disk whole or not at all.</summary>
internal static partial class Durable
{
    private const string Unfinished = ".part";

    /// <summary>Writes a file under another name, and gives it its own when it is on the disk. It replaces one that is there.</summary>
    /// <param name="write">Writes the file that it is given the name of.</param>
    public static void Write(string path, Action<string> write)
    {
        var part = $"{path}.{Guid.NewGuid():N}{Unfinished}";
        try
        {
            write(part);
            using (var written = File.OpenHandle(part, FileMode.Open, FileAccess.ReadWrite)) RandomAccess.FlushToDisk(written);
            File.Move(part, path, overwrite: true);
        }
        catch
        {
            File.Delete(part);
            throw;
        }

        SyncFolder(Path.GetDirectoryName(path)!);
    }

    /// <summary>Deletes what a process that was killed left unfinished; nobody else may be writing in the folder.</summary>
    /// <exception cref="DfuException">DataDirectoryUnusable.</exception>
    public static void Sweep(string folder)
    {
        try
        {
            if (!Directory.Exists(folder)) return;
            foreach (var part in Directory.GetFiles(folder, "*" + Unfinished)) File.Delete(part);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DfuException(DfuError.DataDirectoryUnusable, $"unfinished files in {folder} cannot be deleted: {e.Message}", e);
        }
    }

    /// <summary>Makes new names durable too; .NET has no call for it.</summary>
    private static void SyncFolder(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        var handle = Open(folder, 0);
        if (handle < 0) return;
        _ = FSync(handle);
        _ = Close(handle);
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int FSync(int handle);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int handle);
}
