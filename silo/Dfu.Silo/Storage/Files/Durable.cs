using System.Runtime.InteropServices;
using Dfu.Protocol.Errors;

namespace Dfu.Silo.Storage.Files;

/// <summary>Files that are on the disk whole or not at all.</summary>
internal static partial class Durable
{
    private const string Unfinished = ".part";

    /// <summary>What SQLite keeps beside a database that it writes.</summary>
    private const string UnfinishedJournal = Unfinished + "-journal";

    /// <summary>Writes a file under another name, and gives it its own when it is on the disk. It replaces one that is there.</summary>
    /// <param name="write">Writes the file that it is given the name of.</param>
    public static void Write(string path, Action<string> write)
    {
        var part = PartOf(path);
        try
        {
            write(part);
            Flush(part);
            File.Move(part, path, overwrite: true);
        }
        catch
        {
            File.Delete(part);
            throw;
        }

        SyncFolder(Path.GetDirectoryName(path)!);
    }

    /// <summary>Another name for a file until it is whole; <see cref="Sweep"/> deletes it after a kill.</summary>
    public static string PartOf(string path) => $"{path}.{Guid.NewGuid():N}{Unfinished}";

    /// <summary>Gives a file that is written its own name, unless somebody else has one of that name there already.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static bool TryName(string part, string path)
    {
        Flush(part);
        try
        {
            File.Move(part, path);
        }
        catch (IOException) when (File.Exists(path))
        {
            return false;
        }

        SyncFolder(Path.GetDirectoryName(path)!);
        return true;
    }

    /// <summary>Deletes what a process that was killed left unfinished; nobody else may be writing in the folder.</summary>
    /// <exception cref="DfuException">DataDirectoryUnusable.</exception>
    public static void Sweep(string folder)
    {
        try
        {
            if (!Directory.Exists(folder)) return;
            foreach (var part in Directory.GetFiles(folder, $"*{Unfinished}*"))
            {
                if (part.EndsWith(Unfinished, StringComparison.Ordinal) || part.EndsWith(UnfinishedJournal, StringComparison.Ordinal)) File.Delete(part);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DfuException(DfuError.DataDirectoryUnusable, $"unfinished files in {folder} cannot be deleted: {e.Message}", e);
        }
    }

    private static void Flush(string file)
    {
        using var written = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite);
        RandomAccess.FlushToDisk(written);
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
