using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Dfu.Protocol.Errors;

namespace Dfu.Silo.Storage.Files;

/// <summary>Packages as files named by their SHA-256. A file is there whole or not at all; any thread may save or load.</summary>
internal sealed partial class PackageFiles(string folder)
{
    /// <exception cref="DfuException">DataDirectoryUnusable; InvalidArgument when the bytes are not those of the id.</exception>
    public void Save(string id, ReadOnlySpan<byte> file)
    {
        if (Convert.ToHexStringLower(SHA256.HashData(file)) != id) throw new DfuException(DfuError.InvalidArgument, $"the package file is not {id}");
        var path = PathOf(id);
        try
        {
            Directory.CreateDirectory(folder);
            if (Load(id) is not null) return;
            var part = $"{path}.{Guid.NewGuid():N}.part";
            using (var stream = new FileStream(part, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                stream.Write(file);
                stream.Flush(flushToDisk: true);
            }

            File.Move(part, path, overwrite: true);
            SyncFolder();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DfuException(DfuError.DataDirectoryUnusable, $"the package cannot be stored as {path}: {e.Message}", e);
        }
    }

    /// <summary>Null when there is none, or what is there is not what was saved.</summary>
    public byte[]? Load(string id)
    {
        var path = PathOf(id);
        try
        {
            if (!File.Exists(path)) return null;
            var bytes = File.ReadAllBytes(path);
            return Convert.ToHexStringLower(SHA256.HashData(bytes)) == id ? bytes : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DfuException(DfuError.DataDirectoryUnusable, $"the package {path} cannot be read: {e.Message}", e);
        }
    }

    private string PathOf(string id) => id.Length == 64 && id.All(char.IsAsciiHexDigitLower)
        ? Path.Combine(folder, id + ".zip")
        : throw new DfuException(DfuError.InvalidArgument, $"'{id}' is not a package id");

    /// <summary>Makes the new name durable too; .NET has no call for it.</summary>
    private void SyncFolder()
    {
        if (OperatingSystem.IsWindows()) return;
        var folderHandle = Open(folder, 0);
        if (folderHandle < 0) return;
        _ = FSync(folderHandle);
        _ = Close(folderHandle);
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int FSync(int handle);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int handle);
}
