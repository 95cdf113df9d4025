using Dfu.Fleet.Storage;
using Dfu.Simulation.Hosts;

namespace Dfu.Simulation.Storage;

/// <summary>A document in the simulated database, with the version it was read in.</summary>
internal sealed class SimulatedDocument(HostProcess process, string key) : IDocument
{
    private int _version;

    public string Json { get; set; } = "";

    public async Task ReadAsync() => (Json, _version) = await process.Cluster.Database.ReadAsync(process, key);

    public async Task WriteAsync() => _version = await process.Cluster.Database.WriteAsync(process, key, Json, _version);

    public async Task ClearAsync()
    {
        _version = await process.Cluster.Database.WriteAsync(process, key, "", _version);
        Json = "";
    }
}
