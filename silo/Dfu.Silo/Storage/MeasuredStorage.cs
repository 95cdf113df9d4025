using Dfu.Fleet.Telemetry;
using Orleans.Storage;

namespace Dfu.Silo.Storage;

/// <summary>Grain storage whose reads, writes and clears are measured.</summary>
/// <param name="time">The machine's: storage knows of no other.</param>
internal sealed class MeasuredStorage(IGrainStorage inner, TimeProvider time) : IGrainStorage
{
    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        MeasureAsync("read", () => inner.ReadStateAsync(stateName, grainId, grainState));

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        MeasureAsync("write", () => inner.WriteStateAsync(stateName, grainId, grainState));

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        MeasureAsync("clear", () => inner.ClearStateAsync(stateName, grainId, grainState));

    private async Task MeasureAsync(string operation, Func<Task> work)
    {
        var began = time.GetTimestamp();
        try
        {
            await work();
        }
        catch (Exception failure)
        {
            WaitMetrics.Stored(operation, failure, time.GetElapsedTime(began));
            throw;
        }

        WaitMetrics.Stored(operation, null, time.GetElapsedTime(began));
    }
}
