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

    [Fact]
    public async Task It_takes_as_much_room_as_it_may_and_keeps_what_was_saved_last()
    {
        var cache = new PackageCache(_directory.File("packages"), TimeProvider.System, most: 5000);
        var ids = new List<string>();
        for (byte n = 0; n < 10; n++)
        {
            var bytes = Enumerable.Repeat(n, n == 9 ? 6000 : 2000).ToArray();
            ids.Add(Convert.ToHexStringLower(SHA256.HashData(bytes)));
            await cache.SaveAsync(ids[^1], bytes, None);
            Assert.InRange(new DirectoryInfo(_directory.File("packages")).GetFiles().Sum(file => file.Length), 0, n == 9 ? 6000 : 5000);
            Assert.NotNull(await cache.LoadAsync(ids[^1], None));
        }

        await new PackageCache(_directory.File("packages"), TimeProvider.System, most: 5000).TrimAsync(None);
        Assert.Empty(Directory.GetFiles(_directory.File("packages")));
    }
}
