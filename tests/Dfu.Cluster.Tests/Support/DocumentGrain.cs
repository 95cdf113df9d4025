using Dfu.Grains.Storage;
using Orleans.Placement;

namespace Dfu.Cluster.Tests.Support;

/// <summary>Keeps one document; says which silo it is on.</summary>
[Alias("test.IDocumentGrain")]
public interface IDocumentGrain : IGrainWithStringKey
{
    [Alias("ReadAsync")]
    Task<string> ReadAsync();

    [Alias("WriteAsync")]
    Task WriteAsync(string json);

    [Alias("SiloAsync")]
    Task<string> SiloAsync();
}

[RandomPlacement]
internal sealed class DocumentGrain([PersistentState("document", StorageNames.State)] IPersistentState<StoredDocument> state, ILocalSiloDetails silo) : Grain,
    IDocumentGrain
{
    public Task<string> ReadAsync() => Task.FromResult(state.State.Json);

    public async Task WriteAsync(string json)
    {
        state.State.Json = json;
        await state.WriteStateAsync();
    }

    public Task<string> SiloAsync() => Task.FromResult(silo.Name);
}
