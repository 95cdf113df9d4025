using System.Collections.Concurrent;
using Orleans.Storage;

namespace Dfu.Cluster.Tests.Harness;

/// <summary>Counts what is written, by state name.</summary>
internal sealed class WatchedStorage(IGrainStorage inner) : IGrainStorage
{
    private readonly ConcurrentDictionary<(string State, GrainId Grain), int> _writes = new();

    public int Writes(string state) => _writes.Where(write => write.Key.State == state).Sum(static write => write.Value);

    public int Writes(string state, string key) =>
        _writes.Where(write => write.Key.State == state && write.Key.Grain.Key.ToString() == key).Sum(static write => write.Value);

    public IReadOnlyList<string> States => [.. _writes.Keys.Select(static key => key.State).Distinct().Order(StringComparer.Ordinal)];

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => inner.ReadStateAsync(stateName, grainId, grainState);

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        _writes.AddOrUpdate((stateName, grainId), 1, static (_, count) => count + 1);
        return inner.WriteStateAsync(stateName, grainId, grainState);
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => inner.ClearStateAsync(stateName, grainId, grainState);
}
