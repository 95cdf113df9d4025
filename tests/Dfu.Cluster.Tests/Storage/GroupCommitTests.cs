using Dfu.Cluster.Tests.Support;
using Dfu.Protocol.Errors;
using Dfu.Silo.Storage.Sqlite;
using Orleans.Storage;
using static Dfu.Cluster.Tests.Storage.Stored;

namespace Dfu.Cluster.Tests.Storage;

public sealed class GroupCommitTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly SqliteGrainStorage _storage;

    public GroupCommitTests()
    {
        _storage = SqliteGrainStorage.Open(_directory.Path);
    }

    public void Dispose()
    {
        _storage.Dispose();
        _directory.Dispose();
    }

    /// <summary>What is written until it is let go must wait, and so goes into one transaction.</summary>
    private async Task<Action> HoldTheWriterAsync()
    {
        var (held, letGo) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new ManualResetEventSlim());
        _ = _storage.Writer.RunAsync(_ =>
        {
            held.SetResult();
            letGo.Wait();
            return 0;
        });
        await held.Task;
        return letGo.Set;
    }

    private Task<int> ExecuteAsync(string sql) => _storage.Writer.RunAsync(transaction =>
    {
        using var command = transaction.Connection!.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteNonQuery();
    });

    [Fact]
    public async Task Sixty_four_writers_share_few_transactions_and_lose_nothing()
    {
        const int Writers = 64, Rounds = 20;
        var before = _storage.Writer.Transactions;
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(async writer =>
        {
            var state = await _storage.DocumentAsync($"g{writer}");
            for (var round = 1; round <= Rounds; round++)
            {
                state.State.Json = $"{writer}:{round}";
                await _storage.WriteAsync($"g{writer}", state);
            }
        }));
        Assert.InRange(_storage.Writer.Transactions - before, Rounds, Writers * Rounds / 2);
        for (var writer = 0; writer < Writers; writer++) Assert.Equal($"{writer}:{Rounds}", (await _storage.DocumentAsync($"g{writer}")).State.Json);
    }

    [Fact]
    public async Task What_waits_goes_into_one_transaction_and_a_wrong_ETag_fails_for_its_writer_only()
    {
        var stale = await _storage.DocumentAsync("g0");
        await _storage.WriteAsync("g0", Document("there"));
        var before = _storage.Writer.Transactions;
        var letGo = await HoldTheWriterAsync();
        var writes = Enumerable.Range(1, 100).Select(n => _storage.WriteAsync($"g{n}", Document($"{n}"))).ToList();
        var refused = _storage.WriteAsync("g0", stale);
        Assert.DoesNotContain(writes, write => write.IsCompleted);
        letGo();
        await Task.WhenAll(writes);
        await Assert.ThrowsAsync<InconsistentStateException>(() => refused);
        Assert.Equal(2, _storage.Writer.Transactions - before);
        Assert.Equal("there", (await _storage.DocumentAsync("g0")).State.Json);
    }

    [Fact]
    public async Task A_full_disk_fails_for_every_caller_changes_nothing_and_is_survived()
    {
        var kept = await _storage.WriteAsync("kept", Document("before"));
        var etag = kept.ETag;
        await ExecuteAsync("PRAGMA max_page_count = 16");
        kept.State.Json = "after";
        var big = new string('x', 100_000);
        var letGo = await HoldTheWriterAsync();
        Task[] writes = [_storage.WriteAsync("kept", kept), _storage.WriteAsync("big", Document(big)), _storage.WriteAsync("small", Document("1"))];
        letGo();
        foreach (var write in writes)
        {
            var failure = await Assert.ThrowsAsync<DfuException>(() => write);
            Assert.Equal(DfuError.DataDirectoryUnusable, failure.Error);
            Assert.Contains("the disk is full", failure.Message, StringComparison.Ordinal);
        }

        Assert.Equal((etag, true), (kept.ETag, kept.RecordExists));
        Assert.Equal("before", (await _storage.DocumentAsync("kept")).State.Json);
        Assert.False((await _storage.DocumentAsync("small")).RecordExists);

        await ExecuteAsync("PRAGMA max_page_count = 100000");
        await _storage.WriteAsync("kept", kept);
        await _storage.WriteAsync("big", Document(big));
        Assert.Equal(("after", big), ((await _storage.DocumentAsync("kept")).State.Json, (await _storage.DocumentAsync("big")).State.Json));
    }

    [Fact]
    public async Task Closing_writes_what_waits()
    {
        var letGo = await HoldTheWriterAsync();
        var write = _storage.WriteAsync("a", Document("last"));
        letGo();
        _storage.Dispose();
        await write;
        await Assert.ThrowsAsync<ObjectDisposedException>(() => _storage.WriteAsync("a", Document("late")));
        using var again = SqliteGrainStorage.Open(_directory.Path);
        Assert.Equal("last", (await again.DocumentAsync("a")).State.Json);
    }
}
