using Orleans.Storage;

namespace Dfu.Silo.Storage;

/// <summary>Grain states that are gone with the process.</summary>
/// <remarks>Orleans' own memory storage keeps them in grains: those that end with the silo would have nobody left who saves them.</remarks>
internal sealed class ProcessStorage : IGrainStorage
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Name, GrainId Grain), (long Tag, object Payload)> _states = [];
    private long _tags;

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        bool found;
        (long Tag, object Payload) stored;
        lock (_gate) found = _states.TryGetValue((stateName, grainId), out stored);
        grainState.State = found ? StoredPayload.To<T>(stored.Payload) : StoredPayload.Empty<T>();
        (grainState.ETag, grainState.RecordExists) = (found ? $"{stored.Tag}" : null, found);
        return Task.CompletedTask;
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var payload = StoredPayload.Of(grainState.State);
        lock (_gate)
        {
            Check(stateName, grainId, grainState.ETag);
            _states[(stateName, grainId)] = (++_tags, payload);
            (grainState.ETag, grainState.RecordExists) = ($"{_tags}", true);
        }

        return Task.CompletedTask;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        lock (_gate)
        {
            Check(stateName, grainId, grainState.ETag);
            _states.Remove((stateName, grainId));
        }

        (grainState.State, grainState.ETag, grainState.RecordExists) = (StoredPayload.Empty<T>(), null, false);
        return Task.CompletedTask;
    }

    private void Check(string name, GrainId grain, string? etag)
    {
        var stored = _states.TryGetValue((name, grain), out var row) ? $"{row.Tag}" : null;
        if (stored == etag) return;
        throw new InconsistentStateException($"the stored state '{name}' of {grain} is not the one this grain knew", stored, etag);
    }
}
