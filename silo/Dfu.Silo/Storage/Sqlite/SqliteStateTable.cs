using Microsoft.Data.Sqlite;

namespace Dfu.Silo.Storage.Sqlite;

/// <summary>A row of <see cref="SqliteStateTable"/>.</summary>
/// <param name="Payload">A string for JSON, bytes for a file.</param>
internal readonly record struct StoredRow(string ETag, object Payload)
{
    /// <summary>Whether the payload is the one that the ETag was made for; those from before ETags had a check are taken for it.</summary>
    public bool IsWhole => CheckedETag.Fits(ETag, Payload);
}

/// <summary>Whether a change was made, and which ETag the row has now; null when there is none.</summary>
internal readonly record struct ChangeResult(bool Done, string? ETag);

/// <summary>The table of grain states over one connection: statements are compiled once. Not for several threads at a time.</summary>
internal sealed class SqliteStateTable : IDisposable
{
    public const string Create = """
        CREATE TABLE grain_state (
            name TEXT NOT NULL, grain TEXT NOT NULL, etag TEXT NOT NULL, payload ANY NOT NULL,
            PRIMARY KEY (name, grain)
        ) STRICT;
        """;

    private readonly SqliteCommand _read;
    private readonly SqliteCommand _insert;
    private readonly SqliteCommand _update;
    private readonly SqliteCommand _delete;

    public SqliteStateTable(SqliteDatabase database)
    {
        const string Row = "name = $name AND grain = $grain";
        _read = database.Command($"SELECT etag, payload FROM grain_state WHERE {Row}", "$name", "$grain");
        _insert = database.Command(
            "INSERT INTO grain_state (name, grain, etag, payload) VALUES ($name, $grain, $next, $payload) ON CONFLICT DO NOTHING",
            "$name", "$grain", "$next", "$payload");
        _update = database.Command(
            $"UPDATE grain_state SET etag = $next, payload = $payload WHERE {Row} AND etag = $etag", "$name", "$grain", "$etag", "$next", "$payload");
        _delete = database.Command($"DELETE FROM grain_state WHERE {Row} AND etag = $etag", "$name", "$grain", "$etag");
    }

    /// <summary>Reads all rows; the first that is not as it was written, or null.</summary>
    /// <exception cref="SqliteException">They cannot be read.</exception>
    public static string? FlawOf(SqliteConnection connection)
    {
        using var all = connection.CreateCommand();
        all.CommandText = "SELECT etag, payload, name, grain FROM grain_state";
        using var rows = all.ExecuteReader();
        while (rows.Read())
        {
            if (!RowOf(rows).IsWhole) return $"{rows.GetString(2)} of {rows.GetString(3)} is not as it was written";
        }

        return null;
    }

    public StoredRow? Read(SqliteTransaction? transaction, string name, string grain)
    {
        Aim(_read, transaction, name, grain);
        using var rows = _read.ExecuteReader();
        return rows.Read() ? RowOf(rows) : null;
    }

    /// <param name="etag">Of the row to be replaced; null when there must be none yet.</param>
    public ChangeResult Write(SqliteTransaction transaction, string name, string grain, string? etag, object payload)
    {
        var command = etag is null ? _insert : _update;

        // Never the same twice, not even after the row was deleted: a number would be.
        var next = CheckedETag.For(payload);
        Aim(command, transaction, name, grain);
        if (etag is not null) command.Parameters["$etag"].Value = etag;
        command.Parameters["$next"].Value = next;
        command.Parameters["$payload"].Value = payload;
        var done = command.ExecuteNonQuery() == 1;
        command.Parameters["$payload"].Value = "";
        return done ? new(true, next) : new(false, Read(transaction, name, grain)?.ETag);
    }

    /// <param name="etag">Of the row to be deleted; null when there is none.</param>
    public ChangeResult Delete(SqliteTransaction transaction, string name, string grain, string? etag)
    {
        if (etag is not null)
        {
            Aim(_delete, transaction, name, grain);
            _delete.Parameters["$etag"].Value = etag;
            if (_delete.ExecuteNonQuery() == 1) return new(true, null);
        }

        var there = Read(transaction, name, grain)?.ETag;
        return new(etag is null && there is null, there);
    }

    public void Dispose()
    {
        _read.Dispose();
        _insert.Dispose();
        _update.Dispose();
        _delete.Dispose();
    }

    private static StoredRow RowOf(SqliteDataReader rows) => new(rows.GetString(0), rows.GetValue(1));

    private static void Aim(SqliteCommand command, SqliteTransaction? transaction, string name, string grain)
    {
        command.Transaction = transaction;
        command.Parameters["$name"].Value = name;
        command.Parameters["$grain"].Value = grain;
    }
}
