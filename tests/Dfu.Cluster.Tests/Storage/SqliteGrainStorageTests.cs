using System.Security.Cryptography;
using Dfu.Grains.Storage;
using Dfu.Protocol.Errors;
using Dfu.Silo.Cluster.Storage;
using Dfu.Silo.Storage;
using Microsoft.Data.Sqlite;
using Orleans.Storage;
using static Dfu.Cluster.Tests.Storage.Stored;

namespace Dfu.Cluster.Tests.Storage;

public sealed class SqliteGrainStorageTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly List<SqliteGrainStorage> _open = [];

    public void Dispose()
    {
        foreach (var storage in _open) storage.Dispose();
        _directory.Dispose();
    }

    private SqliteGrainStorage Open()
    {
        var storage = new SqliteGrainStorage(_directory.Path);
        _open.Add(storage);
        storage.Open();
        return storage;
    }

    private object? Sql(string text)
    {
        using var connection = new SqliteConnection($"Data Source={_directory.File(SqliteDatabase.FileName)};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = text;
        return command.ExecuteScalar();
    }

    [Fact]
    public async Task What_was_never_written_is_empty()
    {
        var state = await Open().DocumentAsync("a");
        Assert.Equal((false, null, ""), (state.RecordExists, state.ETag, state.State.Json));
        var file = await Open().ReadAsync<StoredFile>("a");
        Assert.Equal((false, null, 0), (file.RecordExists, file.ETag, file.State.Bytes.Length));
    }

    [Fact]
    public async Task A_document_comes_back_after_a_restart_with_the_ETag_it_was_given()
    {
        using (var first = new SqliteGrainStorage(_directory.Path))
        {
            first.Open();
            await first.WriteAsync("a", Document("""{"v":1,"name":"ü"}"""));
        }

        var storage = Open();
        var state = await storage.DocumentAsync("a");
        Assert.Equal((true, """{"v":1,"name":"ü"}"""), (state.RecordExists, state.State.Json));
        state.State.Json = """{"v":1}""";
        await storage.WriteAsync("a", state);
        Assert.Equal("""{"v":1}""", (await storage.DocumentAsync("a")).State.Json);
        Assert.Equal(state.ETag, (await storage.DocumentAsync("a")).ETag);
    }

    [Fact]
    public async Task The_database_holds_the_document_itself()
    {
        await Open().WriteAsync("a", Document("""{"v":1,"offset":4096}"""));
        Assert.Equal(4096L, Sql("SELECT payload ->> 'offset' FROM grain_state WHERE name = 'test' AND grain = 'test/a'"));
        Assert.Equal("text", Sql("SELECT typeof(payload) FROM grain_state"));
    }

    [Fact]
    public async Task A_file_comes_back_byte_for_byte()
    {
        var bytes = RandomNumberGenerator.GetBytes(3 * 1024 * 1024);
        await Open().WriteAsync("a", new Held<StoredFile>(new StoredFile { Bytes = bytes }));
        Assert.Equal(bytes, (await Open().ReadAsync<StoredFile>("a")).State.Bytes);
        Assert.Equal("blob", Sql("SELECT typeof(payload) FROM grain_state"));
    }

    [Fact]
    public async Task States_of_other_names_and_grains_are_their_own()
    {
        var storage = Open();
        await storage.WriteAsync("a", Document("1"));
        await storage.WriteAsync("b", Document("2"));
        await storage.WriteAsync("a", Document("3"), name: "other");
        Assert.Equal(["1", "2"], [(await storage.DocumentAsync("a")).State.Json, (await storage.DocumentAsync("b")).State.Json]);
        Assert.Equal("3", (await storage.ReadAsync<StoredDocument>("a", "other")).State.Json);
    }

    [Fact]
    public async Task A_second_activation_cannot_write_over_the_first()
    {
        var storage = Open();
        var first = await storage.DocumentAsync("a");
        var second = await storage.DocumentAsync("a");
        first.State.Json = "first";
        second.State.Json = "second";
        await storage.WriteAsync("a", first);
        var refused = await Assert.ThrowsAsync<InconsistentStateException>(() => storage.WriteAsync("a", second));
        Assert.Equal((first.ETag, null), (refused.StoredEtag, refused.CurrentEtag));

        second = await storage.DocumentAsync("a");
        await storage.WriteAsync("a", second);
        refused = await Assert.ThrowsAsync<InconsistentStateException>(() => storage.WriteAsync("a", first));
        Assert.Equal((second.ETag, first.ETag), (refused.StoredEtag, refused.CurrentEtag));
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.ClearStateAsync("test", Grain("a"), first));
        Assert.True((await storage.DocumentAsync("a")).RecordExists);
    }

    [Fact]
    public async Task A_cleared_state_is_gone_and_its_ETag_never_valid_again()
    {
        var storage = Open();
        var old = await storage.WriteAsync("a", Document("old"));
        var same = await storage.DocumentAsync("a");
        await storage.ClearStateAsync("test", Grain("a"), same);
        Assert.Equal((false, null, ""), (same.RecordExists, same.ETag, same.State.Json));
        Assert.False((await storage.DocumentAsync("a")).RecordExists);
        await storage.ClearStateAsync("test", Grain("a"), same);

        await storage.WriteAsync("a", Document("new"));
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.WriteAsync("a", old));
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.ClearStateAsync("test", Grain("a"), same));
        Assert.Equal("new", (await storage.DocumentAsync("a")).State.Json);
    }

    [Fact]
    public async Task Two_silos_may_share_one_file()
    {
        var (one, other) = (Open(), Open());
        var writes = Enumerable.Range(0, 200).Select(n => (n % 2 == 0 ? one : other).WriteAsync($"g{n}", Document($"{n}")));
        await Task.WhenAll(writes);
        foreach (var n in Enumerable.Range(0, 200)) Assert.Equal($"{n}", (await (n % 2 == 0 ? other : one).DocumentAsync($"g{n}")).State.Json);

        var (mine, theirs) = (await one.DocumentAsync("g1"), await other.DocumentAsync("g1"));
        var both = new[] { one.WriteStateAsync("test", Grain("g1"), mine), other.WriteStateAsync("test", Grain("g1"), theirs) };
        await Assert.ThrowsAsync<InconsistentStateException>(() => Task.WhenAll(both));
        Assert.Equal(1, both.Count(write => write.IsCompletedSuccessfully));
    }

    [Fact]
    public async Task Any_other_kind_of_state_is_refused()
    {
        var storage = Open();
        await Assert.ThrowsAsync<NotSupportedException>(() => storage.WriteAsync("a", new Held<List<int>>([1])));
        await storage.WriteAsync("a", Document("{}"));
        await Assert.ThrowsAsync<NotSupportedException>(() => storage.ReadAsync<StoredFile>("a"));
    }

    [Fact]
    public async Task Each_engine_refuses_the_directory_of_the_other_by_name()
    {
        Open();
        var refused = Assert.Throws<DfuException>(() => SqliteFleetStore.Open(_directory.Path));
        Assert.Equal(DfuError.DataDirectoryForeign, refused.Error);
        Assert.Contains("dfu-orleans", refused.Message, StringComparison.Ordinal);

        using var single = new TemporaryDirectory();
        await SqliteFleetStore.Open(single.Path).DisposeAsync();
        using var storage = new SqliteGrainStorage(single.Path);
        refused = Assert.Throws<DfuException>(storage.Open);
        Assert.Equal(DfuError.DataDirectoryForeign, refused.Error);
        Assert.Contains("dfu-single-process", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_that_cannot_be_made_is_unusable()
    {
        File.WriteAllText(_directory.File("file"), "");
        using var storage = new SqliteGrainStorage(_directory.File("file/below"));
        Assert.Equal(DfuError.DataDirectoryUnusable, Assert.Throws<DfuException>(storage.Open).Error);
    }
}
