using System.Security.Cryptography;
using Dfu.Silo.Storage;

namespace Dfu.Silo.Tests.Storage;

/// <summary>As a cache of its own, without a store around it.</summary>
public sealed class PackageFilesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Many_may_save_the_same_package_at_once()
    {
        var files = new PackageFiles(_directory.File("packages"));
        var bytes = RandomNumberGenerator.GetBytes(200_000);
        var id = Convert.ToHexStringLower(SHA256.HashData(bytes));
        Assert.Null(files.Load(id));
        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => files.Save(id, bytes))));
        Assert.Equal(bytes, files.Load(id));
        Assert.Equal(id + ".zip", Path.GetFileName(Assert.Single(Directory.GetFiles(_directory.File("packages")))));
    }
}
