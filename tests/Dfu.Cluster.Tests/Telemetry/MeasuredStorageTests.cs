using Dfu.Cluster.Tests.Support;
using Dfu.Grains.Storage;
using Dfu.Silo.Storage;
using Dfu.Silo.Storage.Sqlite;
using Orleans.Storage;

namespace Dfu.Cluster.Tests.Telemetry;

public sealed class MeasuredStorageTests
{
    [Fact]
    public async Task Every_operation_is_measured_with_its_failure()
    {
        using var directory = new TemporaryDirectory();
        using var sqlite = SqliteGrainStorage.Open(directory.Path);
        using var told = new Told(ownFlow: true);
        var storage = new MeasuredStorage(new Late(sqlite), TimeProvider.System);
        var (grain, state) = (GrainId.Create("test", "one"), new GrainState<StoredDocument>(new() { Json = "{}" }));
        await storage.WriteStateAsync("state", grain, state);
        await storage.ReadStateAsync("state", grain, new GrainState<StoredDocument>(new()));
        await Assert.ThrowsAsync<InconsistentStateException>(
            () => storage.WriteStateAsync("state", grain, new GrainState<StoredDocument>(new() { Json = "{}" }, "another")));
        await storage.ClearStateAsync("state", grain, state);

        var all = told.All("dfu.storage.duration");
        Assert.Equal(
            ["write ", "read ", "write InconsistentStateException", "clear "],
            all.Select(static one => $"{one.Tags["dfu.storage.operation"]} {one.Tags.GetValueOrDefault("error.type")}"));
        Assert.All(all, static one => Assert.InRange(one.Value, 0.004, 60)); // 5 ms each, and timers are as coarse as the machine's
    }

    private sealed class Late(IGrainStorage inner) : IGrainStorage
    {
        public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            await PauseAsync();
            await inner.ReadStateAsync(stateName, grainId, grainState);
        }

        public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            await PauseAsync();
            await inner.WriteStateAsync(stateName, grainId, grainState);
        }

        public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            await PauseAsync();
            await inner.ClearStateAsync(stateName, grainId, grainState);
        }

        private static Task PauseAsync() => Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
    }
}
