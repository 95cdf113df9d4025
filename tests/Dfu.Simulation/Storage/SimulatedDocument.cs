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

/// <summary>Documents of one kind in the simulated database, by their names.</summary>
internal sealed class SimulatedDocuments(HostProcess process, string kind) : IDocuments
{
    public IDocument Of(string name) => new SimulatedDocument(process, $"{kind}/{name}");
}

/// <summary>A file in the simulated database.</summary>
internal sealed class SimulatedFile(SimulatedDocument document) : IPackageFile
{
    public byte[] Bytes
    {
        get => Convert.FromBase64String(document.Json);
        set => document.Json = Convert.ToBase64String(value);
    }

    public Task ReadAsync() => document.ReadAsync();

    public Task WriteAsync() => document.WriteAsync();

    public Task ClearAsync() => document.ClearAsync();
}
