using System.Collections.Concurrent;
using Orleans.Storage;

namespace Dfu.Cluster.Tests.Harness;

/// <summary>Counts what is written, by state name, and hangs when it is told to.</summary>
internal sealed class WatchedStorage(IGrainStorage inner) : IGrainStorage
{
    private readonly ConcurrentDictionary<(string State, GrainId Grain), int> _writes = new();
    private volatile TaskCompletionSource? _hanging;

    public int Writes(string state) => _writes.Where(write => write.Key.State == state).Sum(static write => write.Value);

    public int Writes(string state, string key) =>
        _writes.Where(write => write.Key.State == state && write.Key.Grain.Key.ToString() == key).Sum(static write => write.Value);

    public IReadOnlyList<string> States => [.. _writes.Keys.Select(static key => key.State).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>From now on nothing is answered; what is asked for meanwhile is done when it goes on.</summary>
    public void Hang() => _hanging = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void GoOn()
    {
        var hanging = _hanging;
        _hanging = null;
        hanging?.SetResult();
    }

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        await Answers;
        await inner.ReadStateAsync(stateName, grainId, grainState);
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        _writes.AddOrUpdate((stateName, grainId), 1, static (_, count) => count + 1);
        await Answers;
        await inner.WriteStateAsync(stateName, grainId, grainState);
    }

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        await Answers;
        await inner.ClearStateAsync(stateName, grainId, grainState);
    }

    private Task Answers => _hanging?.Task ?? Task.CompletedTask;
}
