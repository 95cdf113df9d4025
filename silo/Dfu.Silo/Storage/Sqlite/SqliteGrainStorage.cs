using Dfu.Protocol.Errors;
using Dfu.Silo.Storage.Files;
using Orleans.Storage;

namespace Dfu.Silo.Storage.Sqlite;

/// <summary>Grain states in <c>fleet.db</c> of a data directory that the caller has locked. A write is on the disk when it returns.</summary>
/// <remarks>
/// Grains write at the same time and share transactions. There are two connections to the file, so that readers never wait for the
/// writer's disk.
/// </remarks>
internal sealed class SqliteGrainStorage : IGrainStorage, IDisposable
{
    /// <summary>A process owns its data directory; two of its silos may still open the same, and one must not sweep away what the other makes.</summary>
    private static readonly Lock Opening = new();

    private readonly Lock _reading = new();
    private readonly SqliteDatabase _writer;
    private readonly SqliteDatabase _reader;
    private readonly SqliteStateTable _readTable;
    private readonly SqliteStateTable _writeTable;

    private SqliteGrainStorage(SqliteDatabase writer, SqliteDatabase reader)
    {
        (_reader, _readTable) = (reader, new SqliteStateTable(reader));

        // For the writer's thread only.
        (_writer, Writer, _writeTable) = (writer, new GroupCommit(writer), new SqliteStateTable(writer));
        Upgraded = writer.Upgraded;
    }

    /// <summary>What opening the database changed; null when it was of this schema.</summary>
    public SqliteUpgrade? Upgraded { get; }

    /// <summary>For tests, which make the database fail and count its transactions.</summary>
    internal GroupCommit Writer { get; }

    /// <exception cref="DfuException">DataDirectoryForeign or DataDirectoryUnusable.</exception>
    public static SqliteGrainStorage Open(string directory, SqliteSchema? schema = null)
    {
        var path = Path.Combine(directory, SqliteDatabase.FileName);
        SqliteDatabase writer;
        lock (Opening)
        {
            try
            {
                Directory.CreateDirectory(directory);
                Durable.Sweep(directory);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new DfuException(DfuError.DataDirectoryUnusable, $"{directory} cannot be made: {e.Message}", e);
            }

            writer = SqliteDatabase.Open(path, schema);
        }

        try
        {
            return new SqliteGrainStorage(writer, SqliteDatabase.Again(path));
        }
        catch
        {
            writer.Dispose();
            throw;
        }
    }

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        // The disk may be slow, and a grain's scheduler has other turns to take.
        var row = await Task.Run(() => Read(stateName, grainId.ToString()));
        grainState.State = row is { Payload: var payload } ? StoredPayload.To<T>(payload) : StoredPayload.Empty<T>();
        grainState.ETag = row?.ETag;
        grainState.RecordExists = row is not null;
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var (grain, etag, payload) = (grainId.ToString(), grainState.ETag, StoredPayload.Of(grainState.State));
        var result = await Writer.RunAsync(transaction => _writeTable.Write(transaction, stateName, grain, etag, payload));
        Check(result, stateName, grain, etag);
        grainState.ETag = result.ETag;
        grainState.RecordExists = true;
    }

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var (grain, etag) = (grainId.ToString(), grainState.ETag);
        var result = await Writer.RunAsync(transaction => _writeTable.Delete(transaction, stateName, grain, etag));
        Check(result, stateName, grain, etag);
        grainState.State = StoredPayload.Empty<T>();
        grainState.ETag = null;
        grainState.RecordExists = false;
    }

    /// <summary>Gives the file system back what deleted states left; other writes go on in between.</summary>
    public async Task GiveBackAsync(CancellationToken cancellationToken)
    {
        while (await Writer.RunAsync(_ => _writer.GiveBack())) cancellationToken.ThrowIfCancellationRequested();
    }

    public void Dispose()
    {
        Writer.Dispose();
        lock (_reading)
        {
            _writeTable.Dispose();
            _readTable.Dispose();
            _reader.Dispose();
        }
    }

    private StoredRow? Read(string name, string grain)
    {
        StoredRow? row;
        lock (_reading) row = _reader.Read(() => _readTable.Read(null, name, grain));
        return row is null or { IsWhole: true } ? row : throw _reader.IsDamaged($"the state '{name}' of {grain} is not as it was written");
    }

    private static void Check(ChangeResult result, string name, string grain, string? etag)
    {
        if (result.Done) return;
        throw new InconsistentStateException($"the stored state '{name}' of {grain} is not the one this grain knew", result.ETag, etag);
    }
}
