using System.Security.Cryptography;
using Dfu.Cluster.Tests.Support;
using Dfu.Silo.Storage.Files;

namespace Dfu.Cluster.Tests.Storage;

public sealed class PackageCacheTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task It_has_what_was_saved_and_nothing_that_is_not_whole()
    {
        var cache = new PackageCache(_directory.File("packages"), TimeProvider.System);
        byte[] bytes = [80, 75, 3, 4];
        var id = Convert.ToHexStringLower(SHA256.HashData(bytes));
        Assert.Null(await cache.LoadAsync(id, None));
        await cache.SaveAsync(id, bytes, None);
        Assert.Equal(bytes, (await new PackageCache(_directory.File("packages"), TimeProvider.System).LoadAsync(id, None))!.Value.ToArray());
        File.WriteAllBytes(Assert.Single(Directory.GetFiles(_directory.File("packages"))), [80, 75]);
        Assert.Null(await cache.LoadAsync(id, None));
        await cache.SaveAsync(new string('0', 64), bytes, None);
        Assert.Null(await cache.LoadAsync(new string('0', 64), None));
        Assert.Null(await cache.LoadAsync("no id", None));
    }
}
