using Dfu.Protocol.Errors;
using Microsoft.Data.Sqlite;

namespace Dfu.Silo.Storage.Sqlite;

/// <summary>One writer for many callers: what waits while the disk syncs goes into the next transaction together.</summary>
/// <remarks>A caller is answered when its transaction is on the disk. A transaction that fails changes nothing and fails for each of its callers.</remarks>
internal sealed class GroupCommit : IDisposable
{
    private const int MaxWritesPerTransaction = 512;

    private readonly object _gate = new();
    private readonly Queue<Write> _waiting = new();
    private readonly SqliteDatabase _database;
    private readonly Thread _writer;
    private long _transactions;
    private bool _closed;

    /// <summary>Takes the database over.</summary>
    public GroupCommit(SqliteDatabase database)
    {
        _database = database;
        _writer = new Thread(WriteUntilClosed) { IsBackground = true, Name = "dfu storage" };
        _writer.Start();
    }

    /// <summary>Transactions on the disk since it was opened.</summary>
    public long Transactions => Interlocked.Read(ref _transactions);

    /// <summary>The work runs on the writer's thread, in a transaction it shares with other work; what it throws undoes all of that.</summary>
    /// <exception cref="DfuException">DataDirectoryUnusable; nothing was changed.</exception>
    public Task<T> RunAsync<T>(Func<SqliteTransaction, T> work)
    {
        var write = new Write<T>(work);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            _waiting.Enqueue(write);
            Monitor.Pulse(_gate);
        }

        return write.Answer;
    }

    /// <summary>Writes what still waits, then closes the database.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_closed) return;
            _closed = true;
            Monitor.Pulse(_gate);
        }

        _writer.Join();
        _database.Dispose();
    }

    private void WriteUntilClosed()
    {
        var group = new List<Write>();
        while (Take(group)) Commit(group);
    }

    private bool Take(List<Write> group)
    {
        group.Clear();
        lock (_gate)
        {
            while (_waiting.Count == 0 && !_closed) Monitor.Wait(_gate);
            while (group.Count < MaxWritesPerTransaction && _waiting.TryDequeue(out var write)) group.Add(write);
        }

        return group.Count > 0;
    }

    private void Commit(List<Write> group)
    {
        try
        {
            _database.Write(transaction =>
            {
                foreach (var write in group) write.Run(transaction);
            });
        }
        catch (Exception failure)
        {
            // An exception of its own for each caller: each is thrown on another thread.
            foreach (var write in group) write.Fail(failure is DfuException known ? new DfuException(known.Error, known.Message, known) : failure);
            return;
        }

        Interlocked.Increment(ref _transactions);
        foreach (var write in group) write.Succeed();
    }

    private abstract class Write
    {
        public abstract void Run(SqliteTransaction transaction);

        public abstract void Succeed();

        public abstract void Fail(Exception failure);
    }

    private sealed class Write<T>(Func<SqliteTransaction, T> work) : Write
    {
        private readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T _result = default!;

        public Task<T> Answer => _answer.Task;

        public override void Run(SqliteTransaction transaction) => _result = work(transaction);

        public override void Succeed() => _answer.SetResult(_result);

        public override void Fail(Exception failure) => _answer.SetException(failure);
    }
}
