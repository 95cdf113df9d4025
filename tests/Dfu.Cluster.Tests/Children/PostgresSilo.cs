using Dfu.Cluster.Tests.Support;
using Dfu.Grains.Storage;
using Dfu.Silo.Storage.Postgres;

namespace Dfu.Cluster.Tests.Children;

/// <summary>A member of a cluster until it is killed; prints <c>ready</c> when it has joined.</summary>
internal static class PostgresSilo
{
    public const string Role = "postgres-silo";

    public static async Task<int> RunAsync(string connection, string name)
    {
        using var host = await LocalSilo.StartAsync(name, silo => silo.UsePostgresCluster(connection, StorageNames.State));
        Console.WriteLine("ready");
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System);
        return 0;
    }
}
