using Dfu.Cluster.Tests.Storage.Kills;
using Dfu.Cluster.Tests.Support;
using Dfu.Protocol.Errors;
using Dfu.Silo.Storage.Sqlite;
using Microsoft.Data.Sqlite;
using Xunit.Abstractions;

namespace Dfu.Cluster.Tests.Storage.Damage;

/// <summary>Files that are not as they were left: each is opened with all that is in it, or refused by name; nothing in them is forgotten or changed.</summary>
public sealed class DamagedDatabaseTests(ITestOutputHelper output) : IDisposable
{
    private const int PageSize = 4096;
    private readonly TemporaryDirectory _directory = new();

    private string Database => _directory.File(SqliteDatabase.FileName);

    public void Dispose() => _directory.Dispose();

    /// <returns>The bytes of a closed database that holds a value of each grain.</returns>
    private async Task<byte[]> WrittenAsync()
    {
        using (var storage = SqliteGrainStorage.Open(_directory.Path))
        {
            foreach (var value in Values()) await value.WriteAsync(storage, await WrittenValue.ReadAsync(storage, value.Grain));
        }

        Assert.False(File.Exists(Database + "-wal"));
        return File.ReadAllBytes(Database);
    }

    /// <summary>Documents, and one file.</summary>
    private static IEnumerable<WrittenValue> Values() =>
        Enumerable.Range(0, WrittenValue.Documents + 1).Select(static grain => new WrittenValue(grain, 1, 1));

    /// <summary>Opens the file and reads all of it: <c>opened</c>, <c>refused</c> when it is opened, or <c>told</c> when the damaged state is read.</summary>
    private async Task<string> LookAsync(string what)
    {
        var verdict = "opened";
        try
        {
            using var storage = SqliteGrainStorage.Open(_directory.Path);
            foreach (var value in Values())
            {
                try
                {
                    Assert.True(await value.IsInAsync(storage), $"{what}: {value} was forgotten or changed, and nobody says so");
                }
                catch (DfuException damaged)
                {
                    Assert.True(IsClear(damaged), $"{what}: {damaged.Message}");
                    verdict = "told";
                }
            }
        }
        catch (DfuException refused)
        {
            Assert.True(IsClear(refused), $"{what}: {refused.Message}");
            return "refused";
        }

        return verdict;
    }

    private bool IsClear(DfuException e) => e.Message.Contains(Database, StringComparison.Ordinal) && (
        e is { Error: DfuError.DataDirectoryUnusable, Remedy: { } remedy } && remedy.Contains("dfu restore", StringComparison.Ordinal)
            || e.Error == DfuError.DataDirectoryForeign);

    private void Put(byte[] bytes)
    {
        foreach (var file in Directory.GetFiles(_directory.Path)) File.Delete(file);
        File.WriteAllBytes(Database, bytes);
    }

    [Fact]
    public async Task A_byte_flipped_in_any_page_is_refused_or_changes_nothing()
    {
        var whole = await WrittenAsync();
        var seen = new Dictionary<string, int>();
        var random = new Random(1);
        for (var page = 0; page < whole.Length / PageSize; page++)
        {
            // In the page's own header, and anywhere.
            foreach (var offset in new[] { (page == 0 ? 100 : 0) + random.Next(8), random.Next(page == 0 ? 108 : 8, PageSize) })
            {
                var bytes = whole.ToArray();
                bytes[(page * PageSize) + offset] ^= (byte)(1 << random.Next(8));
                Put(bytes);
                var verdict = await LookAsync($"page {page}, byte {offset}");
                seen[verdict] = seen.GetValueOrDefault(verdict) + 1;
                if (verdict == "refused") Assert.Equal(bytes, File.ReadAllBytes(Database));
            }
        }

        output.WriteLine(string.Join(", ", seen.Select(static kind => $"{kind.Value} {kind.Key}")));
        Assert.True(seen["refused"] > 0 && seen["told"] > 0);
    }

    [Fact]
    public async Task A_byte_flipped_in_the_header_is_refused_or_changes_nothing()
    {
        var whole = await WrittenAsync();
        for (var offset = 0; offset < 100; offset++)
        {
            var bytes = whole.ToArray();
            bytes[offset] ^= 0x55;
            Put(bytes);
            await LookAsync($"byte {offset}");
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(PageSize)]
    [InlineData(PageSize * 3)]
    [InlineData((PageSize * 4) + 17)]
    public async Task A_file_that_was_cut_off_is_refused_and_stays_as_it_is(int length)
    {
        var bytes = (await WrittenAsync())[..length];
        Put(bytes);
        Assert.Equal("refused", await LookAsync($"{length} bytes"));
        Assert.Equal(bytes, File.ReadAllBytes(Database));
    }

    [Theory]
    [InlineData(0, 100)]
    [InlineData(0, PageSize)]
    [InlineData(PageSize, PageSize)]
    public async Task A_file_with_zeros_in_it_is_refused_and_stays_as_it_is(int from, int length)
    {
        var bytes = await WrittenAsync();
        bytes.AsSpan(from, length).Clear();
        Put(bytes);
        Assert.Equal("refused", await LookAsync($"{length} zeros at {from}"));
        Assert.Equal(bytes, File.ReadAllBytes(Database));
    }

    [Fact]
    public async Task A_log_without_its_database_is_refused_and_stays_as_it_is()
    {
        byte[] log;
        using (var storage = SqliteGrainStorage.Open(_directory.Path))
        {
            await new WrittenValue(0, 1, 1).WriteAsync(storage, await WrittenValue.ReadAsync(storage, 0));
            log = File.ReadAllBytes(Database + "-wal");
        }

        File.Delete(Database);
        File.WriteAllBytes(Database + "-wal", log);
        Assert.Equal("refused", await LookAsync("no database"));
        Assert.Equal(log, File.ReadAllBytes(Database + "-wal"));
    }

    [Fact]
    public async Task A_payload_that_was_changed_is_told_by_the_name_of_its_grain_and_others_are_still_read()
    {
        await WrittenAsync();
        using (var connection = new SqliteConnection($"Data Source={Database};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = """UPDATE grain_state SET payload = replace(payload, '"v":1', '"v":2') WHERE grain = 'test/g3'""";
            Assert.Equal(1, command.ExecuteNonQuery());
        }

        using var storage = SqliteGrainStorage.Open(_directory.Path);
        var told = await Assert.ThrowsAsync<DfuException>(() => WrittenValue.ReadAsync(storage, 3));
        Assert.Equal($"{Database}: the state 'document' of test/g3 is not as it was written", told.Message);
        Assert.True(await new WrittenValue(4, 1, 1).IsInAsync(storage));
    }
}
