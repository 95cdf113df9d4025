using Dfu.Cluster.Tests.Client;
using Dfu.Cluster.Tests.Support;
using Dfu.Silo.Storage.Postgres;

namespace Dfu.Cluster.Tests.Postgres;

/// <summary>With a database server of its own, for it ends in the middle.</summary>
public sealed class LostDatabaseTests
{
    [PostgresFact]
    public async Task A_member_whose_database_is_gone_ends_soon_after_it_is_told_to()
    {
        var database = new PostgresServer();
        Server member;
        try
        {
            await database.InitializeAsync();
            var connection = await database.CreateDatabaseAsync();
            await PostgresSchema.InitAsync(connection, CancellationToken.None);
            member = await Server.StartAsync(connection, "one", "sim:devices=1");
        }
        finally
        {
            await database.DisposeAsync();
        }

        await member.DisposeAsync().AsTask().Soon();
    }
}
