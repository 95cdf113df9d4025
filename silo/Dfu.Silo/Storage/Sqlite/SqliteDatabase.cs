using Dfu.Protocol.Errors;
using Microsoft.Data.Sqlite;

namespace Dfu.Silo.Storage.Sqlite;

/// <summary>The database file of a data directory: opened, recognised, and brought to this program's schema.</summary>
/// <remarks>SQLite's own header fields say whose file it is (<c>application_id</c>) and which tables it has (<c>user_version</c>).</remarks>
internal sealed class SqliteDatabase : IDisposable
{
    public const string FileName = "fleet.db";

    /// <summary>"dfu" and a number, as a program's id in a file of SQLite.</summary>
    private const long Ours = 0x64667501;
    private const long Schema = 1;

    private readonly SqliteConnection _connection;
    private readonly string _path;

    private SqliteDatabase(SqliteConnection connection, string path) => (_connection, _path) = (connection, path);

    /// <exception cref="DfuException">
    /// DataDirectoryForeign when another program or a newer version wrote it, DataDirectoryUnusable when it is no database or cannot be written.
    /// </exception>
    public static SqliteDatabase Open(string path)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 5 }.ToString());
        try
        {
            connection.Open();
            var database = new SqliteDatabase(connection, path);
            database.Prepare();
            return database;
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw Unusable(path, e);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Runs all of it or nothing. Durable when it returns.</summary>
    public void Write(Action<SqliteTransaction> work)
    {
        try
        {
            using var transaction = _connection.BeginTransaction();
            work(transaction);
            transaction.Commit();
        }
        catch (SqliteException e)
        {
            throw Unusable(_path, e);
        }
    }

    public T Read<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (SqliteException e)
        {
            throw Unusable(_path, e);
        }
    }

    public SqliteCommand Command(string text, params string[] parameters)
    {
        var command = _connection.CreateCommand();
        command.CommandText = text;
        foreach (var name in parameters) command.Parameters.AddWithValue(name, "");
        return command;
    }

    public void Dispose() => _connection.Dispose();

    private void Prepare()
    {
        // Before anything is written: somebody else's file stays as it is.
        Recognise();

        // FULL makes every commit wait for the disk: the WAL is synced before a caller is answered.
        Run("PRAGMA journal_mode = WAL");
        Run("PRAGMA synchronous = FULL");
        Run("PRAGMA busy_timeout = 5000");
        using var transaction = _connection.BeginTransaction();

        // Again, for two may open a new file at once.
        if (Recognise()) return;
        Run(SqliteStateTable.Create);
        Run($"PRAGMA application_id = {Ours}");
        Run($"PRAGMA user_version = {Schema}");
        transaction.Commit();
    }

    /// <returns>False when the file is new.</returns>
    private bool Recognise()
    {
        var (program, schema) = (Number("PRAGMA application_id"), Number("PRAGMA user_version"));
        if (program == 0 && Number("SELECT count(*) FROM sqlite_master") == 0) return false;
        if (program == 0 && Number("SELECT count(*) FROM sqlite_master WHERE name = 'meta'") > 0)
        {
            throw new DfuException(
                DfuError.DataDirectoryForeign,
                $"{_path} is of a preview of this program, whose campaigns this version cannot go on with; use another data directory");
        }

        if (program != Ours) throw new DfuException(DfuError.DataDirectoryForeign, $"{_path} is a database of another program");
        return schema <= Schema
            ? true
            : throw new DfuException(DfuError.DataDirectoryForeign, $"{_path} has schema {schema}; this program knows schemas up to {Schema}");
    }

    private void Run(string text)
    {
        using var command = Command(text);
        command.ExecuteNonQuery();
    }

    private long Number(string text)
    {
        using var command = Command(text);
        return (long)command.ExecuteScalar()!;
    }

    private static DfuException Unusable(string path, SqliteException e)
    {
        var why = e.SqliteErrorCode switch
        {
            13 => "the disk is full",
            8 => "it may not be written",
            14 => "it cannot be opened",
            11 or 26 => "it is damaged or no database",
            5 or 6 => "another program holds it",
            10 => "reading or writing failed",
            _ => e.Message,
        };
        return new(DfuError.DataDirectoryUnusable, $"{path}: {why} (SQLite {e.SqliteErrorCode})", e);
    }
}
