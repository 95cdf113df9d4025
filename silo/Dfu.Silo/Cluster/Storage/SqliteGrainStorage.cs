using Dfu.Protocol.Errors;
using Dfu.Silo.Storage;
using Orleans.Storage;

namespace Dfu.Silo.Cluster.Storage;

/// <summary>Grain states in <c>fleet.db</c> of a data directory that the caller has locked. A write is on the disk when it returns.</summary>
/// <remarks>Grains write at the same time and share transactions. Orleans wraps what this throws, unless it is an <see cref="InconsistentStateException"/>.</remarks>
internal sealed class SqliteGrainStorage(string directory) : IGrainStorage, ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    private Files? _open;

    /// <summary>Transactions since it was opened.</summary>
    public long Transactions => Opened.Writer.Transactions;

    /// <summary>For tests, which make the database fail.</summary>
    internal GroupCommit Writer => Opened.Writer;

    private Files Opened => _open ?? throw new InvalidOperationException($"the grain storage in {directory} is not open");

    public void Participate(ISiloLifecycle observer) => observer.Subscribe(
        nameof(SqliteGrainStorage),
        ServiceLifecycleStage.ApplicationServices,
        _ =>
        {
            Open();
            return Task.CompletedTask;
        },
        _ =>
        {
            Dispose();
            return Task.CompletedTask;
        });

    /// <exception cref="DfuException">DataDirectoryForeign or DataDirectoryUnusable.</exception>
    public void Open() => _open ??= Files.Open(directory);

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        try
        {
            var row = Opened.Read(stateName, grainId.ToString());
            grainState.State = row is { Payload: var payload } ? StoredPayload.To<T>(payload) : StoredPayload.Empty<T>();
            grainState.ETag = row?.ETag;
            grainState.RecordExists = row is not null;
            return Task.CompletedTask;
        }
        catch (Exception failure)
        {
            return Task.FromException(failure);
        }
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var (files, grain, etag, payload) = (Opened, grainId.ToString(), grainState.ETag, StoredPayload.Of(grainState.State));
        var result = await files.Writer.RunAsync(transaction => files.Table.Write(transaction, stateName, grain, etag, payload));
        Check(result, stateName, grain, etag);
        grainState.ETag = result.ETag;
        grainState.RecordExists = true;
    }

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var (files, grain, etag) = (Opened, grainId.ToString(), grainState.ETag);
        var result = await files.Writer.RunAsync(transaction => files.Table.Delete(transaction, stateName, grain, etag));
        Check(result, stateName, grain, etag);
        grainState.State = StoredPayload.Empty<T>();
        grainState.ETag = null;
        grainState.RecordExists = false;
    }

    public void Dispose() => Interlocked.Exchange(ref _open, null)?.Dispose();

    private static void Check(ChangeResult result, string name, string grain, string? etag)
    {
        if (!result.Done) throw new InconsistentStateException($"the stored state '{name}' of {grain} is not the one this grain knew", result.ETag, etag);
    }

    /// <summary>Two connections to one file: readers never wait for the writer's disk.</summary>
    private sealed class Files(GroupCommit writer, SqliteStateTable table, SqliteDatabase reader, SqliteStateTable readTable) : IDisposable
    {
        public GroupCommit Writer => writer;

        /// <summary>For the writer's thread only.</summary>
        public SqliteStateTable Table => table;

        public static Files Open(string directory)
        {
            try
            {
                Directory.CreateDirectory(directory);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new DfuException(DfuError.DataDirectoryUnusable, $"{directory} cannot be made: {e.Message}", e);
            }

            var path = Path.Combine(directory, SqliteDatabase.FileName);
            var writing = SqliteDatabase.Open(path, SqliteStateTable.Schema);
            try
            {
                var reading = SqliteDatabase.Open(path, SqliteStateTable.Schema);
                return new Files(new GroupCommit(writing), new SqliteStateTable(writing), reading, new SqliteStateTable(reading));
            }
            catch
            {
                writing.Dispose();
                throw;
            }
        }

        public StoredRow? Read(string name, string grain)
        {
            lock (readTable) return reader.Read(_ => readTable.Read(null, name, grain));
        }

        public void Dispose()
        {
            writer.Dispose();
            lock (readTable)
            {
                table.Dispose();
                readTable.Dispose();
                reader.Dispose();
            }
        }
    }
}
