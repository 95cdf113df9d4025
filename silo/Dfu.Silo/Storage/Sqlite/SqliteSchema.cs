using System.Globalization;

namespace Dfu.Silo.Storage.Sqlite;

/// <summary>What one schema has that the one before it had not.</summary>
/// <param name="Before">
/// Statements that SQLite runs in no transaction, empty for none. They change nothing that a program of the schema before could see, for a
/// process that is killed may have run them and not the rest.
/// </param>
/// <param name="Change">Statements in the one transaction that takes all missing steps.</param>
internal sealed record SqliteStep(string Before, string Change);

/// <summary>A database file that was brought to this program's schema.</summary>
/// <param name="Backup">The file as it was, beside it.</param>
internal sealed record SqliteUpgrade(string Path, long From, long To, string Backup)
{
    public override string ToString() =>
        $"{Path} was brought from schema {From} to {To}; as it was before, for a program that only knows that, it is kept as {Backup}";
}

/// <summary>The schemas this program knows, 1 and one for each step: a released step never changes, what is to be different is a new one.</summary>
internal sealed record SqliteSchema(IReadOnlyList<SqliteStep> Steps)
{
    /// <remarks>1 to 2: pages of deleted rows are given back to the file system, which SQLite takes a rewrite of the file for.</remarks>
    public static readonly SqliteSchema Current = new([new("PRAGMA auto_vacuum = INCREMENTAL; VACUUM", "")]);

    public long Latest => 1 + Steps.Count;

    public IEnumerable<SqliteStep> From(long schema) => Steps.Skip((int)schema - 1);

    /// <summary>Where a file is kept as it was in this schema.</summary>
    public static string BackupOf(string path, long schema) => string.Create(CultureInfo.InvariantCulture, $"{path}.schema-{schema}.backup");
}
