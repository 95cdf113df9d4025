using Dfu.Protocol.Errors;
using Dfu.Silo.Storage.Files;
using Microsoft.Data.Sqlite;

namespace Dfu.Silo.Storage.Sqlite;

/// <summary>A copy that was read whole and found sound.</summary>
/// <param name="Campaigns">How many are in it.</param>
public sealed record FleetCopy(long Bytes, long Campaigns, long Schema);

/// <summary>
/// A station's database put into a file, while a server works with it or not, and back. It has everything that was decided, packages and access keys
/// too; byte counts and the package cache of the data directory are not in it.
/// </summary>
public static class FleetBackup
{
    /// <summary>What a database that gives way to a copy is called from then on.</summary>
    public const string ReplacedName = SqliteDatabase.FileName + ".replaced";

    private const int DiskFull = 13;

    /// <summary>Copies the database of a data directory, as it is at this moment, into a file that only its owner can read.</summary>
    /// <param name="overwrite">A file that is there is replaced, when the copy is whole.</param>
    /// <exception cref="DfuException">NotFound, InvalidArgument, OutputNotWritten, DataDirectoryForeign or DataDirectoryUnusable.</exception>
    public static FleetCopy Save(string directory, string file, bool overwrite)
    {
        if (file.Length == 0) throw new DfuException(DfuError.InvalidArgument, "the file to write has no name") { Remedy = "Give its path." };
        var path = Path.Combine(Path.GetFullPath(directory), SqliteDatabase.FileName);
        file = Path.GetFullPath(file);
        if (!File.Exists(path))
        {
            throw new DfuException(DfuError.NotFound, $"there is no {SqliteDatabase.FileName} in {directory}")
            {
                Remedy = "Give the server's data directory with --data-dir; of a cluster, pg_dump copies the database",
            };
        }

        if (IsDatabase(file, path))
        {
            throw new DfuException(DfuError.InvalidArgument, $"{file} is the database of a data directory")
            {
                Remedy = "Give the copy another name; 'dfu restore' puts one into a data directory",
            };
        }

        if (!overwrite && Path.Exists(file)) throw Exists(file);
        if (IsDevice(file)) throw new DfuException(DfuError.OutputNotWritten, $"{file} is a device, whose place a file may not take");
        var copy = default(FleetCopy);
        try
        {
            Durable.Write(file, part =>
            {
                MakePrivate(part);
                Copy(path, part, SqliteOpenMode.ReadWrite);
                copy = SqliteCopy.Check(part, path, SqliteSchema.Current);
            });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DfuException(DfuError.OutputNotWritten, $"{file} cannot be written: {e.Message}", e);
        }

        return copy!;
    }

    /// <summary>Puts a copy into a data directory that no server uses. A database that is there is kept beside it, as <see cref="ReplacedName"/>.</summary>
    /// <param name="overwrite">A database that is there gives way.</param>
    /// <exception cref="DfuException">NotFound, InvalidArgument, DataDirectoryInUse, DataDirectoryForeign or DataDirectoryUnusable.</exception>
    public static FleetCopy Restore(string file, string directory, bool overwrite, TimeProvider time)
    {
        if (!File.Exists(file)) throw new DfuException(DfuError.NotFound, $"there is no file {file}") { Remedy = "Give what 'dfu backup' has made" };
        using var owned = DataDirectory.Open(directory, time);
        var path = Path.Combine(owned.Path, SqliteDatabase.FileName);
        if (!overwrite && File.Exists(path)) throw Exists(path);
        var copy = default(FleetCopy);
        try
        {
            Durable.Write(path, part =>
            {
                MakePrivate(part);
                Copy(file, part, SqliteOpenMode.ReadOnly);
                copy = SqliteCopy.Check(part, file, SqliteSchema.Current);
                PutAside(path);
            });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DfuException(DfuError.DataDirectoryUnusable, $"{path} cannot be written: {e.Message}", e);
        }

        return copy!;
    }

    /// <summary>Whether a copy of this name would take the place of a database, or of its log, under a server that works with it.</summary>
    private static bool IsDatabase(string file, string path)
    {
        foreach (var part in new[] { "", "-wal", "-shm" })
        {
            if (file == path + part) return true;
            if (Path.GetFileName(file) == SqliteDatabase.FileName + part && DataDirectory.Is(Path.GetDirectoryName(file)!)) return true;
        }

        return false;
    }

    private static bool IsDevice(string file) =>
        file.StartsWith("/dev/", StringComparison.Ordinal) && !file.StartsWith("/dev/shm/", StringComparison.Ordinal) && Path.Exists(file);

    /// <exception cref="IOException">There is no room for the copy.</exception>
    /// <exception cref="DfuException">DataDirectoryUnusable, or what is to be copied is none.</exception>
    private static void Copy(string from, string to, SqliteOpenMode mode)
    {
        try
        {
            using var source = SqliteCopy.Open(from, mode);
            SqliteCopy.Make(source, to);
        }
        catch (SqliteException e) when (e.SqliteErrorCode == DiskFull)
        {
            throw new IOException("the disk is full", e);
        }
        catch (SqliteException e)
        {
            throw SqliteDatabase.Unusable(from, e);
        }
    }

    /// <summary>It has hashes of access keys.</summary>
    private static void MakePrivate(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        new FileStream(path, options).Dispose();
    }

    /// <remarks>The log goes along, for what is in it may not be in the database yet; to the copy it would be another one's, and damage it.</remarks>
    private static void PutAside(string path)
    {
        var aside = Path.Combine(Path.GetDirectoryName(path)!, ReplacedName);
        File.Delete(path + "-shm");
        if (!File.Exists(path))
        {
            // What was put aside stays: a restore that was killed may have done that, and is repeated.
            File.Delete(path + "-wal");
            return;
        }

        foreach (var part in new[] { "", "-wal", "-shm" }) File.Delete(aside + part);
        if (File.Exists(path + "-wal")) File.Move(path + "-wal", aside + "-wal");
        File.Move(path, aside);
    }

    private static DfuException Exists(string file) => new(DfuError.InvalidArgument, $"{file} is there already") { Remedy = "Give --force to replace it" };
}
