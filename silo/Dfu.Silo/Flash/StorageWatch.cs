using Dfu.Protocol.Errors;
using Orleans.Storage;

namespace Dfu.Silo.Flash;

/// <summary>Grain storage that tells its host of the first failure: grains try again for ever, a station must not.</summary>
/// <param name="storage">Already open; the caller closes it after the silo.</param>
internal sealed class StorageWatch(IGrainStorage storage) : IGrainStorage, IDisposable
{
    private readonly CancellationTokenSource _failed = new();
    private DfuException? _failure;

    /// <summary>Null while all is well.</summary>
    public DfuException? Failure => Volatile.Read(ref _failure);

    public CancellationToken Failed => _failed.Token;

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        WatchAsync(storage.ReadStateAsync(stateName, grainId, grainState));

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        WatchAsync(storage.WriteStateAsync(stateName, grainId, grainState));

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        WatchAsync(storage.ClearStateAsync(stateName, grainId, grainState));

    public void Dispose() => _failed.Dispose();

    private async Task WatchAsync(Task work)
    {
        try
        {
            await work;
        }
        catch (DfuException failure)
        {
            if (Interlocked.CompareExchange(ref _failure, failure, null) is null)
                ThreadPool.UnsafeQueueUserWorkItem(static failed => failed.Cancel(), _failed, preferLocal: false);
            throw;
        }
    }
}
