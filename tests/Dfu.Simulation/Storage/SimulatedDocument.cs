using Dfu.Fleet.Storage;
using Dfu.Simulation.Hosts;

namespace Dfu.Simulation.Storage;

/// <summary>A document in the simulated database, with the version it was read in.</summary>
internal sealed class SimulatedDocument(HostProcess process, string key) : IDocument
{
    private int _version;

    public async Task<string> ReadAsync()
    {
        (var json, _version) = await process.Cluster.Database.ReadAsync(process, key);
        return json;
    }

    public async Task WriteAsync(string json) => _version = await process.Cluster.Database.WriteAsync(process, key, json, _version);

    public Task ClearAsync() => WriteAsync("");
}
