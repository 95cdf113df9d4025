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

/// <summary>Documents of one kind in the simulated database, by their names.</summary>
internal sealed class SimulatedDocuments(HostProcess process, string kind) : IDocuments
{
    public IDocument Of(string name) => new SimulatedDocument(process, $"{kind}/{name}");
}

/// <summary>A file in the simulated database.</summary>
internal sealed class SimulatedFile(SimulatedDocument document) : IPackageFile
{
    public async Task<byte[]> ReadAsync() => Convert.FromBase64String(await document.ReadAsync());

    public Task WriteAsync(byte[] file) => document.WriteAsync(Convert.ToBase64String(file));

    public Task ClearAsync() => document.ClearAsync();
}
