using Dfu.Cluster.Tests.Storage;
using Dfu.Grains;
using Dfu.Grains.Storage;
using Dfu.Silo.Storage.Postgres;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Orleans.Serialization;
using Orleans.Storage;

namespace Dfu.Cluster.Tests.Postgres;

public sealed class PostgresGrainStorageTests
{
    public static TheoryData<string> Failures => ["57P01", ""];

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task A_database_that_fails_is_an_outage_to_whoever_called_the_grain(string sqlState)
    {
        Exception failure = sqlState.Length > 0
            ? new PostgresException("terminating connection due to administrator command", "FATAL", "FATAL", sqlState)
            : new NpgsqlException("Failed to connect", new IOException("refused"));
        var storage = new PostgresGrainStorage(new FailingStorage(failure));
        foreach (var call in new Func<Task>[]
        {
            () => storage.ReadAsync<StoredDocument>("a"),
            () => storage.WriteAsync("a", Stored.Document("1")),
            () => storage.ClearStateAsync("test", Stored.Grain("a"), Stored.Document("1")),
        })
        {
            var told = await Assert.ThrowsAnyAsync<Exception>(call);

            // As Orleans tells it to the caller, who is another process.
            var arrived = Carry(new OrleansException("the state could not be read", told));
            Assert.True(Outage.Is(arrived), $"{arrived}");
            Assert.Contains(failure.Message, arrived.InnerException!.Message, StringComparison.Ordinal);
        }
    }

    private static Exception Carry(Exception e)
    {
        using var services = new ServiceCollection().AddSerializer().BuildServiceProvider();
        var serializer = services.GetRequiredService<Serializer>();
        return serializer.Deserialize<Exception>(serializer.SerializeToArray(e))!;
    }

    private sealed class FailingStorage(Exception failure) : IGrainStorage
    {
        public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => Task.FromException(failure);

        public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => Task.FromException(failure);

        public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => Task.FromException(failure);
    }
}
