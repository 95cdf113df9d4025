using Dfu.Fleet.Storage;
using Orleans.Storage;

namespace Dfu.Grains.Storage;

/// <summary>A document in the storage of Orleans; of what it reads and writes it keeps nothing.</summary>
/// <param name="stateName">Each grain class needs names of its own: PostgreSQL's rows are found by state name and key alone, whatever the class.</param>
internal sealed class GrainDocument(IGrainStorage storage, string stateName, GrainId key) : IDocument
{
    private readonly GrainState<StoredDocument> _state = new(new());

    public async Task<string> ReadAsync()
    {
        await storage.ReadStateAsync(stateName, key, _state);
        return Take();
    }

    public Task WriteAsync(string json)
    {
        _state.State = new() { Json = json };
        return InTurnAsync(storage.WriteStateAsync(stateName, key, _state));
    }

    public Task ClearAsync() => InTurnAsync(storage.ClearStateAsync(stateName, key, _state));

    private async Task InTurnAsync(Task call)
    {
        try
        {
            await call;
        }
        catch (InconsistentStateException e)
        {
            throw new OvertakenException(e.Message, e);
        }
        finally
        {
            Take();
        }
    }

    private string Take()
    {
        var json = _state.State?.Json ?? "";
        _state.State = new();
        return json;
    }
}
