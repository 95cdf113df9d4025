using System.Security.Cryptography;
using Dfu.Cluster.Tests.Support;
using Dfu.Grains.Storage;
using Dfu.Protocol.Errors;
using Dfu.Silo.Storage;
using Dfu.Silo.Storage.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
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
        var storage = SqliteGrainStorage.Open(_directory.Path);
        _open.Add(storage);
        return storage;
    }

    private DfuException Refusal() => Assert.Throws<DfuException>(() => SqliteGrainStorage.Open(_directory.Path));

    private object? Sql(string text)
    {
        using var connection = new SqliteConnection($"Data Source={_directory.File(SqliteDatabase.FileName)};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = text;
        return command.ExecuteScalar();
    }

    [Fact]
    public Task What_was_never_written_is_empty() => GrainStorageContract.WhatWasNeverWrittenIsEmptyAsync(Open());

    [Fact]
    public Task What_is_written_comes_back() => GrainStorageContract.WhatIsWrittenComesBackAsync(Open());

    [Fact]
    public Task States_of_other_names_and_grains_are_their_own() => GrainStorageContract.StatesOfOtherNamesAndGrainsAreTheirOwnAsync(Open());

    [Fact]
    public Task A_second_activation_cannot_write_over_the_first() => GrainStorageContract.ASecondActivationCannotWriteOverTheFirstAsync(Open());

    [Fact]
    public Task Of_many_first_writes_one_is_done() => GrainStorageContract.OfManyFirstWritesOneIsDoneAsync(Open());

    [Fact]
    public Task A_cleared_state_is_gone_and_its_ETag_never_valid_again() => GrainStorageContract.AClearedStateIsGoneAndItsETagNeverValidAgainAsync(Open());

    [Fact]
    public async Task A_refusal_names_both_ETags()
    {
        var storage = Open();
        var stale = await storage.WriteAsync("a", Document("1"));
        var etag = stale.ETag;
        var stored = await storage.WriteAsync("a", await storage.DocumentAsync("a"));
        var refused = await Assert.ThrowsAsync<InconsistentStateException>(() => storage.WriteAsync("a", stale));
        Assert.Equal((stored.ETag, etag), (refused.StoredEtag, refused.CurrentEtag));
    }

    [Fact]
    public async Task A_document_comes_back_after_a_restart_with_the_ETag_it_was_given()
    {
        using (var first = SqliteGrainStorage.Open(_directory.Path))
        {
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
        var storage = Open();
        await storage.WriteAsync("a", Document("""{"v":1,"offset":4096}"""));
        Assert.Equal(4096L, Sql("SELECT payload ->> 'offset' FROM grain_state WHERE name = 'test' AND grain = 'test/a'"));
        Assert.Equal("text", Sql("SELECT typeof(payload) FROM grain_state"));
        await storage.WriteAsync("b", new Held<StoredFile>(new StoredFile { Bytes = [1, 2] }));
        Assert.Equal("blob", Sql("SELECT typeof(payload) FROM grain_state WHERE grain = 'test/b'"));
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
    public void A_database_that_says_it_is_another_programs_is_refused()
    {
        Open();
        Sql("PRAGMA application_id = 7");
        var refused = Refusal();
        Assert.Equal(DfuError.DataDirectoryForeign, refused.Error);
        Assert.Contains("another program", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_many_that_open_a_new_file_at_once_each_finds_it_ready()
    {
        var storages = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => SqliteGrainStorage.Open(_directory.Path))));
        _open.AddRange(storages);
        await Task.WhenAll(storages.Select((storage, n) => storage.WriteAsync($"g{n}", Document($"{n}"))));
        Assert.Equal("7", (await storages[0].DocumentAsync("g7")).State.Json);
    }

    [Fact]
    public void The_database_of_a_preview_is_refused_by_name()
    {
        Sql("CREATE TABLE meta (key TEXT, value TEXT)");
        var refused = Refusal();
        Assert.Equal(DfuError.DataDirectoryForeign, refused.Error);
        Assert.Contains("preview", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_database_of_another_program_is_refused_and_left_as_it_was()
    {
        Sql("CREATE TABLE theirs (x INTEGER)");
        var before = File.ReadAllBytes(_directory.File(SqliteDatabase.FileName));
        Assert.Equal(DfuError.DataDirectoryForeign, Refusal().Error);
        Assert.Equal(before, File.ReadAllBytes(_directory.File(SqliteDatabase.FileName)));
    }

    [Fact]
    public void The_schema_of_a_newer_program_is_refused()
    {
        Open();
        Sql("PRAGMA user_version = 99");
        var refused = Refusal();
        Assert.Equal(DfuError.DataDirectoryForeign, refused.Error);
        Assert.Contains("schema 99", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_database_is_refused_and_left_as_it_is()
    {
        var bytes = RandomNumberGenerator.GetBytes(8192);
        File.WriteAllBytes(_directory.File(SqliteDatabase.FileName), bytes);
        Assert.Equal(DfuError.DataDirectoryUnusable, Refusal().Error);
        Assert.Equal(bytes, File.ReadAllBytes(_directory.File(SqliteDatabase.FileName)));
    }

    [Fact]
    public async Task A_grain_finds_its_state_after_the_silo_restarted()
    {
        for (var start = 0; start < 3; start++)
        {
            using var storage = SqliteGrainStorage.Open(_directory.Path);
            using var silo = await LocalSilo.StartAloneAsync(builder => builder.AddGrainStorage(StorageNames.State, storage));
            var grain = silo.Services.GetRequiredService<IGrainFactory>().GetGrain<IDocumentGrain>("a");
            Assert.Equal(start == 0 ? "" : $"{start - 1}", await grain.ReadAsync());
            await grain.WriteAsync($"{start}");
            await silo.StopAsync();
        }
    }

    [Fact]
    public void A_directory_that_cannot_be_made_is_unusable()
    {
        File.WriteAllText(_directory.File("file"), "");
        Assert.Equal(DfuError.DataDirectoryUnusable, Assert.Throws<DfuException>(() => SqliteGrainStorage.Open(_directory.File("file/below"))).Error);
    }
}
