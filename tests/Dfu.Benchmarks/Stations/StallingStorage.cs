using Orleans.Storage;

namespace Dfu.Benchmarks.Stations;

/// <summary>Grain storage that can be held up as a whole, as a disk that does not answer holds it up.</summary>
internal sealed class StallingStorage(IGrainStorage inner, TimeProvider time) : IGrainStorage
{
    private readonly Lock _gate = new();
    private TaskCompletionSource? _stall;
    private TimeSpan _longestWrite;

    /// <summary>From the call to its answer: as long as that a decision waited for being durable, and its effects with it.</summary>
    public TimeSpan LongestWrite
    {
        get
        {
            lock (_gate) return _longestWrite;
        }
    }

    public void Stall()
    {
        lock (_gate) _stall ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public void GoOn()
    {
        lock (_gate)
        {
            _stall?.SetResult();
            _stall = null;
        }
    }

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        await Answers;
        await inner.ReadStateAsync(stateName, grainId, grainState);
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var began = time.GetTimestamp();
        await Answers;
        await inner.WriteStateAsync(stateName, grainId, grainState);
        lock (_gate)
        {
            if (time.GetElapsedTime(began) is var took && took > _longestWrite) _longestWrite = took;
        }
    }

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        await Answers;
        await inner.ClearStateAsync(stateName, grainId, grainState);
    }

    private Task Answers
    {
        get
        {
            lock (_gate) return _stall?.Task ?? Task.CompletedTask;
        }
    }
}
