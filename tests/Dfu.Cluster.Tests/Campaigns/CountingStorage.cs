using System.Collections.Concurrent;
using Dfu.Grains.Storage;
using Dfu.Protocol.Errors;
using Orleans.Storage;

namespace Dfu.Cluster.Tests.Campaigns;

/// <summary>Storage that outlives activations and counts what is written.</summary>
internal sealed class CountingStorage : IGrainStorage
{
    private readonly ConcurrentDictionary<(string Name, GrainId Grain), (string Json, int Tag)> _states = new();
    private readonly ConcurrentDictionary<string, int> _writes = new();

    /// <summary>No write succeeds while this is set.</summary>
    public bool Full { get; set; }

    /// <summary>Writes wait for this.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public int Writes(string name) => _writes.GetValueOrDefault(name);

    public bool Has(string name) => _states.Keys.Any(state => state.Name == name);

    public string Json(string name) => _states.Single(state => state.Key.Name == name).Value.Json;

    /// <summary>The one state of this name from now on, as another program would have written it.</summary>
    public void Rewrite(string name, Func<string, string> rewrite)
    {
        var (key, (json, tag)) = _states.Single(state => state.Key.Name == name);
        _states[key] = (rewrite(json), tag);
    }

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var found = _states.TryGetValue((stateName, grainId), out var stored);
        grainState.State = (T)(object)new StoredDocument { Json = found ? stored.Json : "" };
        (grainState.RecordExists, grainState.ETag) = (found, found ? $"{stored.Tag}" : null);
        return Task.CompletedTask;
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var json = ((StoredDocument)(object)grainState.State!).Json;
        await Task.Yield(); // no storage answers while it is still being called
        await Gate;
        if (Full) throw new DfuException(DfuError.DataDirectoryUnusable, "the disk is full");
        var tag = _states.TryGetValue((stateName, grainId), out var stored) ? stored.Tag : 0;
        if ((grainState.ETag ?? "0") != $"{tag}") throw new InconsistentStateException($"{grainId} was written by another");
        _states[(stateName, grainId)] = (json, tag + 1);
        (grainState.RecordExists, grainState.ETag) = (true, $"{tag + 1}");
        _writes.AddOrUpdate(stateName, 1, static (_, count) => count + 1);
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        _states.TryRemove((stateName, grainId), out _);
        (grainState.RecordExists, grainState.ETag) = (false, null);
        return Task.CompletedTask;
    }
}
