using System.Collections.Concurrent;
using Dfu.Grains.Storage;
using Dfu.Protocol.Errors;
using Orleans.Storage;

namespace Dfu.Cluster.Tests.Adapters;

/// <summary>Storage that all silos of a test share and that outlives them.</summary>
internal sealed class SharedStorage : IGrainStorage
{
    private readonly ConcurrentDictionary<GrainId, (string Json, int Tag)> _states = new();

    /// <summary>No write succeeds while this is set.</summary>
    public bool Full { get; set; }

    public string? Json(GrainId grain) => _states.TryGetValue(grain, out var state) ? state.Json : null;

    public void Put(GrainId grain, string json) => _states[grain] = (json, _states[grain].Tag + 1);

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var found = _states.TryGetValue(grainId, out var stored);
        var document = new StoredDocument { Json = found ? stored.Json : "" };
        (grainState.State, grainState.RecordExists, grainState.ETag) = ((T)(object)document, found, found ? $"{stored.Tag}" : null);
        return Task.CompletedTask;
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        if (Full) throw new DfuException(DfuError.DataDirectoryUnusable, "the disk is full");
        var tag = _states.TryGetValue(grainId, out var stored) ? stored.Tag : 0;
        if ((grainState.ETag ?? "0") != $"{tag}") throw new InconsistentStateException($"{grainId} was written by another");
        _states[grainId] = (((StoredDocument)(object)grainState.State!).Json, tag + 1);
        (grainState.RecordExists, grainState.ETag) = (true, $"{tag + 1}");
        return Task.CompletedTask;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        _states.TryRemove(grainId, out _);
        return Task.CompletedTask;
    }
}
