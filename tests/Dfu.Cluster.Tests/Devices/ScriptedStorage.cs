using System.Collections.Concurrent;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Storage;
using Dfu.Grains.Storage;
using Dfu.Protocol.Errors;
using Orleans.Storage;

namespace Dfu.Cluster.Tests.Devices;

/// <summary>Storage in memory that notes each write of a device when it is done, and fails or waits when told to.</summary>
internal sealed class ScriptedStorage(Steps steps) : IGrainStorage
{
    private readonly ConcurrentDictionary<(string Name, string Key), (string ETag, object Payload)> _rows = new();
    private readonly ConcurrentDictionary<string, int> _failing = new();
    private readonly ConcurrentDictionary<string, (int Times, bool Written)> _away = new();
    private readonly ConcurrentDictionary<string, Task> _held = new();
    private int _reads;
    private int _writes;

    public int Reads => Volatile.Read(ref _reads);

    public int Writes => Volatile.Read(ref _writes);

    /// <summary>The next writes of a key are refused.</summary>
    public void Fail(string key) => _failing[key] = 1;

    /// <summary>The next writes of a key fail because storage is away.</summary>
    /// <param name="written">What is to be written is, although nobody says so.</param>
    public void Leave(string key, int times, bool written = false) => _away[key] = (times, written);

    /// <summary>Writes of a key wait for this.</summary>
    public void Hold(string key, Task until) => _held[key] = until;

    /// <summary>Writes as another activation of the grain would.</summary>
    public void Overwrite(string name, string key, object payload) => _rows[(name, key)] = (Guid.NewGuid().ToString(), payload);

    public object? Payload(string name, string key) => _rows.TryGetValue((name, key), out var row) ? row.Payload : null;

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        Interlocked.Increment(ref _reads);
        var there = _rows.TryGetValue((stateName, grainId.Key.ToString()!), out var row);
        object state = !there
            ? Activator.CreateInstance<T>()!
            : row.Payload is string json
            ? new StoredDocument { Json = json }
            : new StoredFile { Bytes = (byte[])row.Payload };
        (grainState.State, grainState.ETag, grainState.RecordExists) = ((T)state, there ? row.ETag : null, there);
        return Task.CompletedTask;
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var key = grainId.Key.ToString()!;
        if (_held.TryGetValue(key, out var until)) await until;
        if (_failing.TryGetValue(key, out var left) && left > 0)
        {
            _failing[key] = left - 1;
            steps.Add(key, "failed");
            throw new DfuException(DfuError.DataDirectoryUnusable, "the disk is full");
        }

        var away = _away.GetValueOrDefault(key);
        if (away.Times > 0)
        {
            _away[key] = away with { Times = away.Times - 1 };
            steps.Add(key, "away");
            if (!away.Written) throw new IOException("nobody answers");
        }

        var stored = _rows.TryGetValue((stateName, key), out var row) ? row.ETag : null;
        if (stored != grainState.ETag) throw new InconsistentStateException("another activation wrote it", stored ?? "", grainState.ETag ?? "");
        Interlocked.Increment(ref _writes);
        var etag = Guid.NewGuid().ToString();
        object payload = grainState.State is StoredDocument document ? document.Json : ((StoredFile)(object)grainState.State!).Bytes;
        _rows[(stateName, key)] = (etag, payload);
        if (away.Times > 0) throw new IOException("the answer was lost");
        (grainState.ETag, grainState.RecordExists) = (etag, true);
        if (stateName == "device") steps.Add(key, $"save {FleetJson.Read<DeviceRecord>((string)payload).Device.Phase}");
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        _rows.TryRemove((stateName, grainId.Key.ToString()!), out _);
        (grainState.State, grainState.ETag, grainState.RecordExists) = (Activator.CreateInstance<T>()!, null, false);
        return Task.CompletedTask;
    }
}
