using System.Security.Cryptography;
using Dfu.Protocol.Errors;
using Dfu.Silo.Storage.Files;

namespace Dfu.Silo.Tests.Storage;

public sealed class PackageFilesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Many_may_save_the_same_package_at_once()
    {
        var files = new PackageFiles(_directory.File("packages"), TimeProvider.System);
        var bytes = RandomNumberGenerator.GetBytes(200_000);
        var id = Convert.ToHexStringLower(SHA256.HashData(bytes));
        Assert.Null(files.Load(id));
        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => files.Save(id, bytes))));
        Assert.Equal(bytes, files.Load(id));
        Assert.Equal(id + ".zip", Path.GetFileName(Assert.Single(Directory.GetFiles(_directory.File("packages")))));
    }

    [Fact]
    public void A_package_that_is_not_what_its_id_says_is_not_stored_and_a_damaged_one_not_returned()
    {
        var files = new PackageFiles(_directory.File("packages"), TimeProvider.System);
        byte[] bytes = [1, 2, 3];
        var id = Convert.ToHexStringLower(SHA256.HashData(bytes));
        Assert.Equal(DfuError.InvalidArgument, Assert.Throws<DfuException>(() => files.Save(new string('0', 64), bytes)).Error);
        Assert.Throws<DfuException>(() => files.Save("../../evil", bytes));

        files.Save(id, bytes);
        File.WriteAllBytes(Assert.Single(Directory.GetFiles(_directory.File("packages"))), [1, 2]);
        Assert.Null(files.Load(id));
        files.Save(id, bytes);
        Assert.Equal(bytes, files.Load(id));
    }

    [Fact]
    public void Too_many_bytes_are_deleted_and_what_was_wanted_last_stays()
    {
        var time = new SetTime();
        var files = new PackageFiles(_directory.File("packages"), time);
        var ids = Enumerable.Range(0, 4).Select(n => Saved(files, time, (byte)n)).ToArray();
        time.Now += TimeSpan.FromHours(1);
        Assert.NotNull(files.Load(ids[0]));
        files.Trim(2000, TimeSpan.FromDays(1));
        Assert.Equal([true, false, false, true], ids.Select(id => files.Load(id) is not null));
        files.Trim(0, TimeSpan.FromDays(1));
        Assert.Empty(Directory.GetFiles(_directory.File("packages")));
    }

    [Fact]
    public void What_nobody_wanted_for_long_is_deleted_however_little_it_is()
    {
        var time = new SetTime();
        var files = new PackageFiles(_directory.File("packages"), time);
        var (old, used) = (Saved(files, time, 1), Saved(files, time, 2));
        time.Now += TimeSpan.FromDays(20);
        Assert.NotNull(files.Load(used));
        time.Now += TimeSpan.FromDays(20);
        files.Trim(1_000_000, TimeSpan.FromDays(30));
        Assert.Equal([false, true], new[] { old, used }.Select(id => files.Load(id) is not null));
    }

    private static string Saved(PackageFiles files, SetTime time, byte content)
    {
        time.Now += TimeSpan.FromHours(1);
        var bytes = Enumerable.Repeat(content, 1000).ToArray();
        var id = Convert.ToHexStringLower(SHA256.HashData(bytes));
        files.Save(id, bytes);
        return id;
    }

    private sealed class SetTime : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
