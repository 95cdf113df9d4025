using Dfu.Cluster.Tests.Devices;
using Dfu.Cluster.Tests.Harness;
using Dfu.Cluster.Tests.Support;
using Dfu.Fleet;
using Dfu.Fleet.Packages;
using Dfu.Fleet.Storage;
using Dfu.Grains;
using Dfu.Protocol.Errors;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dfu.Cluster.Tests.Packages;

public sealed class PackageShelfTests(DeviceCluster cluster) : IClassFixture<DeviceCluster>
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly SlowDisk _disk = new();

    private PackageShelf Shelf => field ??= new(
        new FleetHost
        {
            Silo = "host",
            Policy = new FleetPolicy(),
            Time = TimeProvider.System,
            Runner = static (_, _, _, _, _) => throw new NotSupportedException(),
            Ledger = static _ => new InMemoryTrafficLedger(),
            Packages = _disk,
        },
        new GrainPeers(cluster.Grains),
        NullLogger<PackageShelf>.Instance);

    [Fact]
    public async Task However_many_want_a_package_it_is_fetched_once()
    {
        var (package, file) = Room.Build(5000);
        await cluster.Grains.GetGrain<IPackageGrain>(package.Id).PutAsync(file);
        var reads = cluster.Storage.Reads;
        var wanted = Enumerable.Range(0, 50).Select(_ => Shelf.GetAsync(package.Id, None)).ToArray();
        Assert.All(wanted, task => Assert.False(task.IsCompleted));
        _disk.Go.SetResult();
        var fetched = await Task.WhenAll(wanted).Soon();
        Assert.All(fetched, one => Assert.Same(fetched[0], one));
        Assert.Equal((1, 1), (_disk.Loads, cluster.Storage.Reads - reads));
        Assert.Same(fetched[0], await Shelf.GetAsync(package.Id, None));
        Assert.Equal(1, _disk.Loads);
    }

    [Fact]
    public async Task A_fetch_that_failed_is_not_remembered()
    {
        _disk.Go.SetResult();
        var (package, file) = Room.Build(6000);
        Assert.Equal(DfuError.PackageNotFound, (await Assert.ThrowsAsync<DfuException>(() => Shelf.GetAsync(package.Id, None).Soon())).Error);
        await cluster.Grains.GetGrain<IPackageGrain>(package.Id).PutAsync(file);
        Assert.Equal(package.Id, (await Shelf.GetAsync(package.Id, None).Soon()).Id);
    }

    [Fact]
    public async Task Whoever_waits_no_longer_ends_the_fetch_for_nobody_else()
    {
        var (package, file) = Room.Build(7000);
        await cluster.Grains.GetGrain<IPackageGrain>(package.Id).PutAsync(file);
        using var leaving = new CancellationTokenSource();
        var (left, stays) = (Shelf.GetAsync(package.Id, leaving.Token), Shelf.GetAsync(package.Id, None));
        leaving.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        _disk.Go.SetResult();
        Assert.Equal(package.Id, (await stays.Soon()).Id);
    }

    [Fact]
    public async Task A_disk_that_stands_still_while_it_saves_holds_no_attempt_up()
    {
        _disk.Go.SetResult();
        _disk.Saving = new TaskCompletionSource().Task;
        var (package, file) = Room.Build(8000);
        await cluster.Grains.GetGrain<IPackageGrain>(package.Id).PutAsync(file);
        Assert.Equal(package.Id, (await Shelf.GetAsync(package.Id, None).Soon()).Id);
    }

    private sealed class SlowDisk : IPackageCache
    {
        private int _loads;

        public TaskCompletionSource Go { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Saving { get; set; } = Task.CompletedTask;

        public int Loads => _loads;

        public async Task<ReadOnlyMemory<byte>?> LoadAsync(string id, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _loads);
            await Go.Task;
            return null;
        }

        public Task SaveAsync(string id, ReadOnlyMemory<byte> file, CancellationToken cancellationToken) => Saving;
    }
}
