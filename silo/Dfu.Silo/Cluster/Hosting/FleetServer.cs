using Dfu.Silo.Cluster.Storage;
using Dfu.Silo.Hosting;

namespace Dfu.Silo.Cluster.Hosting;

/// <summary>What <c>dfu serve</c> and <c>dfu db init</c> do.</summary>
internal static class FleetServer
{
    public static async Task<bool> InitDatabaseAsync(string connection, CancellationToken cancellationToken) =>
        await PostgresSchema.InitAsync(connection, cancellationToken) == PostgresSchemaResult.Created;

    public static Task RunAsync(ServerSettings settings, TimeProvider time, CancellationToken stop) => throw new NotImplementedException();
}
