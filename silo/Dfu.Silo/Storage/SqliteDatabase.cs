using System.Globalization;
using Dfu.Protocol.Errors;
using Microsoft.Data.Sqlite;

namespace Dfu.Silo.Storage;

/// <summary>The database file of a data directory: opened, recognised, and brought to this program's schema.</summary>
internal sealed class SqliteDatabase : IDisposable
{
    /// <summary>One name for every engine, so that each finds the other's.</summary>
    public const string FileName = "fleet.db";

    private readonly SqliteConnection _connection;
    private readonly SqliteSchema _schema;

    private SqliteDatabase(SqliteConnection connection, string path, SqliteSchema schema) => (_connection, Path, _schema) = (connection, path, schema);

    public string Path { get; }

    /// <exception cref="DfuException">DataDirectoryForeign when another engine or a newer version wrote it, DataDirectoryUnusable when it is no database or cannot be written.</exception>
    public static SqliteDatabase Open(string path, SqliteSchema schema)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 5 }.ToString());
        try
        {
            connection.Open();
            var database = new SqliteDatabase(connection, path, schema);
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
            throw Unusable(Path, e);
        }
    }

    public T Read<T>(Func<SqliteConnection, T> work)
    {
        try
        {
            return work(_connection);
        }
        catch (SqliteException e)
        {
            throw Unusable(Path, e);
        }
    }

    public SqliteCommand Command(string text, params (string Name, object? Value)[] parameters)
    {
        var command = _connection.CreateCommand();
        command.CommandText = text;
        foreach (var (name, value) in parameters) command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        return command;
    }

    public void Run(string text, params (string Name, object? Value)[] parameters)
    {
        using var command = Command(text, parameters);
        command.ExecuteNonQuery();
    }

    public void Dispose() => _connection.Dispose();

    private void Prepare()
    {
        // Looked at before anything is written: somebody else's file stays as it is.
        if (Count("type = 'table' AND name NOT LIKE 'sqlite_%'") > 0 && Count("type = 'table' AND name = 'meta'") == 0)
            throw new DfuException(DfuError.DataDirectoryForeign, $"{Path} is a database of another program");

        // FULL makes every commit wait for the disk: the WAL is synced before a caller is answered.
        Run("PRAGMA journal_mode = WAL");
        Run("PRAGMA synchronous = FULL");
        Run("PRAGMA busy_timeout = 5000");
        using var transaction = _connection.BeginTransaction();
        Run("CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID");
        var engine = Meta("engine");
        if (engine is null)
        {
            Run(_schema.Tables);
            Run("INSERT INTO meta (key, value) VALUES ('engine', $engine), ('schema', $schema)", ("$engine", _schema.Engine), ("$schema", _schema.Version.ToString(CultureInfo.InvariantCulture)));
            transaction.Commit();
            return;
        }

        if (engine != _schema.Engine) throw new DfuException(DfuError.DataDirectoryForeign, $"{Path} belongs to the engine '{engine}', this is '{_schema.Engine}'");
        if (!int.TryParse(Meta("schema"), NumberStyles.None, CultureInfo.InvariantCulture, out var schema))
            throw new DfuException(DfuError.DataDirectoryUnusable, $"{Path} does not say which schema it has");
        if (schema > _schema.Version) throw new DfuException(DfuError.DataDirectoryForeign, $"{Path} has schema {schema}; this program knows schemas up to {_schema.Version}");
    }

    public string? Meta(string key)
    {
        using var command = Command("SELECT value FROM meta WHERE key = $key", ("$key", key));
        return command.ExecuteScalar() as string;
    }

    private long Count(string condition)
    {
        using var command = Command($"SELECT count(*) FROM sqlite_master WHERE {condition}");
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
