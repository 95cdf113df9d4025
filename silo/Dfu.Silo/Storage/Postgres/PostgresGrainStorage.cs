using System.Data.Common;
using Dfu.Protocol.Errors;
using Npgsql;
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

    /// <summary>Lost connections, too few resources, a server that stops, a disk that fails, conflicts, a standby: all of them may pass.</summary>
    private static bool IsOutage(string state) => state[..2] is "08" or "40" or "53" or "55" or "57" or "58" || state == "25006";

    private static async Task TellAsync(Task work)
    {
        try
        {
            await work;
        }
        catch (PostgresException e) when (!IsOutage(e.SqlState))
        {
            throw new DfuException(DfuError.DatabaseUnavailable, $"the database refuses: {e.MessageText} ({e.SqlState})");
        }
        catch (DbException e)
        {
            // Without the exception itself, which is what cannot be carried.
            throw new OrleansException($"the database failed: {e.Message}");
        }
    }
}
