using System.Data.Common;
using Orleans.Storage;

namespace Dfu.Silo.Storage.Postgres;

/// <summary>
/// Grain storage that tells of its database's failures in an exception that every member and client can read. Nobody but the driver knows its own, and
/// Orleans cannot carry them: who called a grain whose state could not be read would be told of a codec that is missing.
/// </summary>
internal sealed class PostgresGrainStorage(IGrainStorage inner) : IGrainStorage
{
    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        TellAsync(inner.ReadStateAsync(stateName, grainId, grainState));

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        TellAsync(inner.WriteStateAsync(stateName, grainId, grainState));

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        TellAsync(inner.ClearStateAsync(stateName, grainId, grainState));

    private static async Task TellAsync(Task work)
    {
        try
        {
            await work;
        }
        catch (DbException e)
        {
            // Without the exception itself, which is what cannot be carried.
            throw new OrleansException($"the database failed: {e.Message}");
        }
    }
}
