using System.Security.Cryptography;
using Dfu.Cluster.Tests.Devices;
using Dfu.Cluster.Tests.Harness;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Retention;
using Dfu.Fleet.Storage;
using Dfu.Grains;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;

namespace Dfu.Cluster.Tests.Packages;

public sealed class PackageGrainTests(DeviceCluster cluster) : IClassFixture<DeviceCluster>
{
    private readonly byte[] _file = Room.Build(300_000, seed: RandomNumberGenerator.GetInt32(int.MaxValue)).File;

    private string Id => Convert.ToHexStringLower(SHA256.HashData(_file));

    private IPackageGrain Package => cluster.Grains.GetGrain<IPackageGrain>(Id);

    [Fact]
    public async Task A_package_comes_back_byte_for_byte_also_from_another_activation()
    {
        Assert.False(await Package.ExistsAsync());
        Assert.Null(await Package.GetAsync());
        await Package.PutAsync(_file);
        Assert.Equal(_file, (byte[]?)cluster.Storage.Payload("package", Id));
        await cluster.Cluster.DeactivateAsync(Package);
        Assert.True(await Package.ExistsAsync());
        Assert.Equal(_file, await Package.GetAsync());
    }

    [Fact]
    public async Task Bytes_with_another_hash_are_refused()
    {
        var damaged = _file.ToArray();
        damaged[100]++;
        Assert.NotEqual(DfuError.None, (await Package.PutAsync(damaged)).Refusal);
        Assert.NotEqual(DfuError.None, (await Package.PutAsync([])).Refusal);
        Assert.Equal(DfuError.HashMismatch, (await Package.PutAsync(Room.Build(4096).File)).Refusal);
        Assert.False(await Package.ExistsAsync());
    }

    [Fact]
    public async Task The_same_file_again_is_not_written_again()
    {
        await Package.PutAsync(_file);
        var writes = cluster.Storage.Writes;
        await Package.PutAsync(_file);
        await cluster.Cluster.DeactivateAsync(Package);
        await Package.PutAsync(_file);
        Assert.Equal(writes, cluster.Storage.Writes);
    }

    [Fact]
    public async Task The_bytes_are_read_only_when_somebody_wants_them()
    {
        await Package.PutAsync(_file);
        var reads = cluster.Storage.Reads;
        Assert.True(await Package.ExistsAsync());
        await Package.PutAsync(_file);
        Assert.Equal(reads, cluster.Storage.Reads);
        await cluster.Cluster.DeactivateAsync(Package);
        Assert.NotEqual(DfuError.None, (await Package.PutAsync([1])).Refusal);
        Assert.Equal(reads, cluster.Storage.Reads);
    }

    [Fact]
    public async Task A_stored_file_that_is_no_longer_whole_is_as_good_as_none_and_can_be_put_again()
    {
        cluster.Storage.Overwrite("package", Id, new byte[] { 1, 2, 3 });
        Assert.Null(await Package.GetAsync());
        Assert.False(await Package.ExistsAsync());
        await Package.PutAsync(_file);
        Assert.Equal(_file, await Package.GetAsync());
    }

    [Fact]
    public async Task A_package_is_deleted_unless_somebody_has_wanted_it_lately()
    {
        await Package.PutAsync(_file);
        Assert.False(await Package.ForgetAsync());
        cluster.Time.Advance(3000);
        Assert.True(await Package.ExistsAsync());
        cluster.Time.Advance(3000);
        Assert.False(await Package.ForgetAsync());
        Assert.NotNull(cluster.Storage.Payload("package", Id));
        cluster.Time.Advance(3000);
        Assert.True(await Package.ForgetAsync());
        Assert.Null(cluster.Storage.Payload("package", Id));
        Assert.True(await Package.ForgetAsync());
        Assert.False(await Package.ExistsAsync());
        await Package.PutAsync(_file);
        Assert.Equal(_file, await Package.GetAsync());
    }

    [Fact]
    public async Task Whoever_asks_for_a_package_is_remembered_before_the_answer()
    {
        await Package.PutAsync(_file);
        var stored = (string)cluster.Storage.Payload("retention", "0")!;
        Assert.True(FleetJson.Read<RetentionState>(stored).Packages.ContainsKey(Id));
    }

    [Fact]
    public async Task A_file_that_is_too_large_or_no_package_is_refused_and_not_stored()
    {
        var writes = cluster.Storage.Writes;
        foreach (var (file, error) in new[]
        {
            (new byte[PackageLimits.ZipBytes + 1], DfuError.PackageTooLarge),
            (RandomNumberGenerator.GetBytes(1000), DfuError.PackageNotAZip),
        })
        {
            var package = cluster.Grains.GetGrain<IPackageGrain>(Convert.ToHexStringLower(SHA256.HashData(file)));
            Assert.Equal(error, (await package.PutAsync(file)).Refusal);
            Assert.False(await package.ExistsAsync());
        }

        Assert.Equal(writes, cluster.Storage.Writes);
    }

    [Fact]
    public async Task What_an_order_says_of_a_package_is_compared_with_the_package()
    {
        Assert.Equal(DfuError.PackageNotFound, (await Package.CheckAsync([300_000], 52, null)).Refusal);
        await Package.PutAsync(_file);
        Assert.Equal(PackageAnswer.Taken, await Package.CheckAsync([300_000], 52, null));
        Assert.Equal(DfuError.SizeMismatch, (await Package.CheckAsync([300_004], 52, null)).Refusal);
        Assert.Equal(DfuError.SizeMismatch, (await Package.CheckAsync([300_000, 4], 52, null)).Refusal);
        Assert.Equal(DfuError.InvalidArgument, (await Package.CheckAsync([300_000], 51, null)).Refusal);
    }

    [Fact]
    public async Task A_package_is_deleted_by_an_operator_unless_a_campaign_is_being_made_with_it()
    {
        await Package.PutAsync(_file, "anna@here");
        await Package.CheckAsync([300_000], 52, null);
        Assert.Equal(DfuError.PackageInUse, (await Package.DeleteAsync("anna@here")).Refusal);
        Assert.True(await Package.ExistsAsync());
        cluster.Time.Advance(31);
        Assert.Equal(DfuError.None, (await Package.DeleteAsync("anna@here")).Refusal);
        Assert.Null(await Package.GetAsync());
        Assert.Equal(DfuError.NotFound, (await Package.DeleteAsync("anna@here")).Refusal);
    }
}
