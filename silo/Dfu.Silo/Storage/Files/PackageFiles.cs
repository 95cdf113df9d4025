using System.Security.Cryptography;
using Dfu.Protocol.Errors;

namespace Dfu.Silo.Storage.Files;

/// <summary>Packages as files named by their SHA-256. A file is there whole or not at all; any thread may save or load.</summary>
internal sealed class PackageFiles(string folder, TimeProvider time)
{
    private const string Ending = ".zip";

    /// <exception cref="DfuException">DataDirectoryUnusable; InvalidArgument when the bytes are not those of the id.</exception>
    public void Save(string id, ReadOnlyMemory<byte> file)
    {
        if (Convert.ToHexStringLower(SHA256.HashData(file.Span)) != id)
            throw new DfuException(DfuError.InvalidArgument, $"the package file is not {id}");
        var path = PathOf(id);
        try
        {
            Directory.CreateDirectory(folder);
            if (Load(id) is not null) return;
            Durable.Write(path, part => File.WriteAllBytes(part, file.Span));
            File.SetLastWriteTimeUtc(path, time.GetUtcNow().UtcDateTime);
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
            if (Convert.ToHexStringLower(SHA256.HashData(bytes)) != id) return null;

            // The time says when a package was last wanted.
            File.SetLastWriteTimeUtc(path, time.GetUtcNow().UtcDateTime);
            return bytes;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DfuException(DfuError.DataDirectoryUnusable, $"the package {path} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>
    /// Deletes the packages that nobody wanted for so long, and then those that were not wanted for the longest time until all of them take at most so
    /// many bytes.
    /// </summary>
    /// <exception cref="DfuException">DataDirectoryUnusable.</exception>
    public void Trim(long most, TimeSpan unwanted)
    {
        var since = (time.GetUtcNow() - unwanted).UtcDateTime;
        try
        {
            if (!Directory.Exists(folder)) return;
            foreach (var file in new DirectoryInfo(folder).GetFiles("*" + Ending).OrderByDescending(static file => file.LastWriteTimeUtc))
            {
                most -= file.Length;
                if (most < 0 || file.LastWriteTimeUtc < since) file.Delete();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DfuException(DfuError.DataDirectoryUnusable, $"packages in {folder} cannot be deleted: {e.Message}", e);
        }
    }

    private string PathOf(string id) => id.Length == 64 && id.All(char.IsAsciiHexDigitLower)
        ? Path.Combine(folder, id + Ending)
        : throw new DfuException(DfuError.InvalidArgument, $"'{id}' is not a package id");
}
