using System.Collections.Concurrent;
using Dfu.Grains.Storage;
using Orleans.Storage;

namespace Dfu.Cluster.Tests.Retention;

/// <summary>Storage in memory that dies after so many changes, as a process does that is killed: what came before is kept, and nothing after.</summary>
internal sealed class MortalStorage : IGrainStorage
{
    private readonly ConcurrentDictionary<(string Name, string Key), (string ETag, object Payload)> _rows = new();
    private int _left = int.MaxValue;

    public IEnumerable<string> Rows => _rows.Keys.Select(static row => $"{row.Name} {row.Key}").Order(StringComparer.Ordinal);

    public bool Dead => Volatile.Read(ref _left) <= 0;

    public int Left
    {
        set => _left = value;
    }

    public void Put(string name, string key, object payload) => _rows[(name, key)] = ("first", payload);

    public string Json(string name, string key) => (string)_rows[(name, key)].Payload;

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var there = _rows.TryGetValue((stateName, grainId.Key.ToString()!), out var row);
        object state = !there
            ? Activator.CreateInstance<T>()!
            : row.Payload is string json ? new StoredDocument { Json = json } : new StoredFile { Bytes = (byte[])row.Payload };
        (grainState.State, grainState.ETag, grainState.RecordExists) = ((T)state, there ? row.ETag : null, there);
        return Task.CompletedTask;
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        Change();
        object payload = grainState.State is StoredDocument document ? document.Json : ((StoredFile)(object)grainState.State!).Bytes;
        (grainState.ETag, grainState.RecordExists) = (Guid.NewGuid().ToString(), true);
        _rows[(stateName, grainId.Key.ToString()!)] = (grainState.ETag, payload);
        return Task.CompletedTask;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        Change();
        _rows.TryRemove((stateName, grainId.Key.ToString()!), out _);
        (grainState.State, grainState.ETag, grainState.RecordExists) = (Activator.CreateInstance<T>()!, null, false);
        return Task.CompletedTask;
    }

    private void Change()
    {
        if (Interlocked.Decrement(ref _left) < 0) throw new InvalidOperationException("the process was killed");
    }
}
