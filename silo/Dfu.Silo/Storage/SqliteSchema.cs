namespace Dfu.Silo.Storage;

/// <summary>Which engine a database file belongs to, and what that engine keeps in it.</summary>
/// <param name="Engine">Stands in the file; another engine refuses it by this name.</param>
/// <param name="Version">Of the tables; a file with a newer one is refused.</param>
/// <param name="Tables">The statements that make them.</param>
internal sealed record SqliteSchema(string Engine, int Version, string Tables);
