using Dfu.Protocol.Errors;
using Microsoft.Data.Sqlite;

namespace Dfu.Silo.Storage.Sqlite;

/// <summary>Copies of a database that are one file: no log belongs to them.</summary>
internal static class SqliteCopy
{
    /// <summary>Copies a database as it is at this moment, also while others write to it; they do not wait.</summary>
    /// <exception cref="SqliteException">It cannot be read, or the copy cannot be written.</exception>
    public static void Make(SqliteConnection from, string file)
    {
        using var copy = Open(file, SqliteOpenMode.ReadWriteCreate);
        from.BackupDatabase(copy);

        // The copy took over that there is a log beside it.
        using var whole = copy.CreateCommand();
        whole.CommandText = "PRAGMA journal_mode = DELETE";
        whole.ExecuteNonQuery();
    }

    /// <summary>Reads all of a copy.</summary>
    /// <param name="name">What it is called in a refusal.</param>
    /// <exception cref="DfuException">DataDirectoryForeign, or DataDirectoryUnusable when it is damaged or has nothing in it.</exception>
    public static FleetCopy Check(string file, string name, SqliteSchema known)
    {
        try
        {
            using var copy = Open(file, SqliteOpenMode.ReadOnly);
            var schema = SqliteDatabase.Recognise(copy, name, known)
                ?? throw new DfuException(DfuError.DataDirectoryUnusable, $"{name} has nothing of this program in it");
            if ((FlawOf(copy) ?? SqliteStateTable.FlawOf(copy)) is { } flaw)
                throw new DfuException(DfuError.DataDirectoryUnusable, $"{name} is damaged: {flaw}");
            return new(new FileInfo(file).Length, (long)Scalar(copy, "SELECT count(*) FROM grain_state WHERE name = 'campaign'")!, schema);
        }
        catch (SqliteException e)
        {
            throw SqliteDatabase.Unusable(name, e);
        }
    }

    /// <summary>Reads the whole file, about 600 MB of it in a second; the first thing that is wrong in it, or null.</summary>
    /// <exception cref="SqliteException">It cannot be read.</exception>
    public static string? FlawOf(SqliteConnection connection) =>
        Scalar(connection, "PRAGMA integrity_check(1)") is not "ok" and var flaw ? $"{flaw}" : null;

    /// <exception cref="SqliteException">It cannot be opened.</exception>
    public static SqliteConnection Open(string file, SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = file, Mode = mode, Pooling = false, DefaultTimeout = 30 }.ToString());
        connection.Open();
        return connection;
    }

    private static object? Scalar(SqliteConnection connection, string text)
    {
        using var command = connection.CreateCommand();
        command.CommandText = text;
        return command.ExecuteScalar();
    }
}
