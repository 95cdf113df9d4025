using Dfu.Protocol.Errors;
using Dfu.Silo.Storage.Files;
using Microsoft.Data.Sqlite;

namespace Dfu.Silo.Storage.Sqlite;

/// <summary>The database file of a data directory: opened, recognised, and brought to this program's schema.</summary>
/// <remarks>SQLite's own header fields say whose file it is (<c>application_id</c>) and which tables it has (<c>user_version</c>).</remarks>
internal sealed class SqliteDatabase : IDisposable
{
    public const string FileName = "fleet.db";

    /// <summary>"dfu" and a number, as a program's id in a file of SQLite.</summary>
    private const long Ours = 0x64667501;

    /// <summary>Bytes of the write-ahead log that stay on the disk once they are in the database; a package makes it larger for a moment.</summary>
    private const long LargestLog = 4 << 20;

    private readonly SqliteConnection _connection;
    private readonly string _path;

    private SqliteDatabase(SqliteConnection connection, string path) => (_connection, _path) = (connection, path);

    /// <summary>What opening it changed; null for a new file and for one of this schema.</summary>
    public SqliteUpgrade? Upgraded { get; private set; }

    /// <summary>Opens a file that is there, and reads it whole: what is damaged is refused now, and not when a grain finds that its state is missing.</summary>
    /// <exception cref="DfuException">
    /// DataDirectoryForeign when another program or a newer version wrote it, DataDirectoryUnusable when it is no database, is damaged or empty, or
    /// cannot be written.
    /// </exception>
    public static SqliteDatabase Open(string path, SqliteSchema? schema = null)
    {
        schema ??= SqliteSchema.Current;
        if (!File.Exists(path)) Create(path, schema);
        return Connect(path, database => database.Prepare(schema));
    }

    /// <summary>A second connection to a file that <see cref="Open"/> has looked at.</summary>
    /// <exception cref="DfuException">DataDirectoryUnusable.</exception>
    public static SqliteDatabase Again(string path) => Connect(path, static database => database.Configure());

    private static SqliteDatabase Connect(string path, Action<SqliteDatabase> prepare)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 5 }.ToString());
        try
        {
            connection.Open();
            var database = new SqliteDatabase(connection, path);
            prepare(database);
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

    /// <summary>Gives the file system back some of what deleted rows left, within a transaction; the file gets shorter when its log is written back.</summary>
    /// <returns>Whether there is more.</returns>
    public bool GiveBack()
    {
        const int Pages = 1024;
        using (var command = Command($"PRAGMA incremental_vacuum({Pages})"))
        using (var rows = command.ExecuteReader())
        {
            while (rows.Read())
            {
                // SQLite frees a page each time.
            }
        }

        return Number("PRAGMA freelist_count") > 0;
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

    private void Prepare(SqliteSchema schema)
    {
        // Before anything is written: somebody else's file stays as it is.
        var found = Recognise(_connection, _path, schema) ?? throw Damaged(
            _path, "it is empty, and was not made so by this program", remedy: ", or delete it where there never was a campaign");
        if (SqliteCopy.FlawOf(_connection) is { } flaw) throw Damaged(_path, $"it is damaged: {flaw}");
        Configure();
        if (found < schema.Latest) Upgrade(schema, found);
    }

    private void Configure()
    {
        // FULL makes every commit wait for the disk: the WAL is synced before a caller is answered.
        Run("PRAGMA journal_mode = WAL");
        Run("PRAGMA synchronous = FULL");
        Run("PRAGMA busy_timeout = 5000");
        Run($"PRAGMA journal_size_limit = {LargestLog}");
    }

    /// <summary>Makes a new file whole under another name: one that is there and has nothing in it was emptied by somebody.</summary>
    private static void Create(string path, SqliteSchema schema)
    {
        if (new FileInfo(path + "-wal") is { Exists: true, Length: > 0 }) throw Damaged(path, "it is gone, and its log is still there");
        var part = Durable.PartOf(path);
        try
        {
            Connect(part, database => database.Make(schema)).Dispose();
            if (!Durable.TryName(part, path)) File.Delete(part);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DfuException(DfuError.DataDirectoryUnusable, $"{path} cannot be made: {e.Message}", e);
        }
    }

    private void Make(SqliteSchema schema)
    {
        // Before the file has its first page; one that is there gets it by a step.
        Run("PRAGMA auto_vacuum = INCREMENTAL");
        using var transaction = _connection.BeginTransaction();
        Run(SqliteStateTable.Create);
        foreach (var step in schema.Steps) Run(step.Change);
        Run($"PRAGMA application_id = {Ours}");
        Run($"PRAGMA user_version = {schema.Latest}");
        transaction.Commit();
    }

    /// <summary>Keeps the file as it is, then takes all missing steps or none.</summary>
    private void Upgrade(SqliteSchema schema, long from)
    {
        var backup = SqliteSchema.BackupOf(_path, from);
        Keep(backup);
        foreach (var step in schema.From(from)) Run(step.Before);
        using (var transaction = _connection.BeginTransaction())
        {
            if (Recognise(_connection, _path, schema) != from) return;
            foreach (var step in schema.From(from)) Run(step.Change);
            Run($"PRAGMA user_version = {schema.Latest}");
            transaction.Commit();
        }

        Upgraded = new(_path, from, schema.Latest, backup);

        // One is enough: whoever went on for as long as to the next upgrade does not go back behind the one before.
        for (var older = from - 1; older > 0; older--) File.Delete(SqliteSchema.BackupOf(_path, older));
    }

    private void Keep(string backup)
    {
        try
        {
            Durable.Write(backup, part => SqliteCopy.Make(_connection, part));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DfuException(DfuError.DataDirectoryUnusable, $"{backup}, the copy from before the upgrade, cannot be made: {e.Message}", e);
        }
    }

    /// <summary>Looks whose file it is, and changes nothing.</summary>
    /// <returns>The schema; null when the file is new.</returns>
    /// <exception cref="DfuException">DataDirectoryForeign.</exception>
    /// <exception cref="SqliteException">It cannot be read.</exception>
    internal static long? Recognise(SqliteConnection connection, string path, SqliteSchema known)
    {
        // In one statement: another may create its tables between two.
        using var command = connection.CreateCommand();
        command.CommandText = """
            SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version),
                (SELECT count(*) FROM sqlite_master), (SELECT count(*) FROM sqlite_master WHERE name = 'meta')
            """;
        using var row = command.ExecuteReader();
        row.Read();
        var (program, schema, tables, meta) = (row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3));
        if (program == 0 && tables == 0) return null;
        if (program == 0 && meta > 0)
        {
            throw new DfuException(
                DfuError.DataDirectoryForeign,
                $"{path} is of a preview of this program, whose campaigns this version cannot go on with; use another data directory");
        }

        if (program != Ours) throw new DfuException(DfuError.DataDirectoryForeign, $"{path} is a database of another program");
        return schema <= known.Latest ? schema : throw Newer(path, schema, known);
    }

    private static DfuException Newer(string path, long schema, SqliteSchema known)
    {
        var remedy = $"{path} has schema {schema}, and this program knows schemas up to {known.Latest}: use the version that it is of, or a later one";
        for (var kept = known.Latest; kept > 0; kept--)
        {
            if (SqliteSchema.BackupOf(path, kept) is var backup && File.Exists(backup))
                return new(DfuError.DataDirectoryForeign, $"{remedy}; {backup} is what it was before its upgrade, and "
                    + "'dfu restore --force' puts it in its place");
        }

        return new(DfuError.DataDirectoryForeign, $"{remedy}, or another data directory");
    }

    private void Run(string text)
    {
        if (text.Length == 0) return;
        using var command = Command(text);
        command.ExecuteNonQuery();
    }

    private long Number(string text)
    {
        using var command = Command(text);
        return (long)command.ExecuteScalar()!;
    }

    public DfuException IsDamaged(string why) => Damaged(_path, why);

    internal static DfuException Unusable(string path, SqliteException e)
    {
        // 1 is for statements that cannot be run. Those of this program can, in a file that is as it left it.
        if (e.SqliteErrorCode is 1 or 11 or 26) return Damaged(path, $"it is damaged or no database (SQLite {e.SqliteErrorCode})", e);
        var why = e.SqliteErrorCode switch
        {
            13 => "the disk is full",
            8 => "it may not be written",
            14 => "it cannot be opened",
            5 or 6 => "another program holds it",
            10 => "reading or writing failed",
            _ => e.Message,
        };
        return new(DfuError.DataDirectoryUnusable, $"{path}: {why} (SQLite {e.SqliteErrorCode})", e);
    }

    /// <param name="remedy">What can be done besides.</param>
    internal static DfuException Damaged(string path, string why, Exception? inner = null, string remedy = "") =>
        new(DfuError.DataDirectoryUnusable, $"{path}: {why}", inner)
        {
            Remedy = "Put a copy in its place with 'dfu restore --force', which keeps the damaged file beside it, or give another --data-dir" + remedy,
        };
}
