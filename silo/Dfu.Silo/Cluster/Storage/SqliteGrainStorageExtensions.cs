using Orleans.Runtime.Hosting;

namespace Dfu.Silo.Cluster.Storage;

public static class SqliteGrainStorageExtensions
{
    /// <summary>Keeps grain states in a data directory, which the caller has locked. Opened when the silo starts, closed when it stops.</summary>
    /// <param name="name">What grains call the storage.</param>
    /// <remarks>The start of the silo fails with DataDirectoryForeign or DataDirectoryUnusable when the directory is another engine's or cannot be written.</remarks>
    public static ISiloBuilder AddSqliteGrainStorage(this ISiloBuilder silo, string name, string directory)
    {
        silo.Services.AddGrainStorage(name, (_, _) => new SqliteGrainStorage(directory));
        return silo;
    }
}
