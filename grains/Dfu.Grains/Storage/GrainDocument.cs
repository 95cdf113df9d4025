using Dfu.Fleet.Storage;
using Orleans.Storage;

namespace Dfu.Grains.Storage;

/// <summary>A document in the storage of Orleans.</summary>
internal sealed class GrainDocument(IPersistentState<StoredDocument> state) : IDocument
{
    public string Json
    {
        get => state.State?.Json ?? "";
        set => state.State.Json = value;
    }

    public Task ReadAsync() => InTurnAsync(state.ReadStateAsync());

    public Task WriteAsync() => InTurnAsync(state.WriteStateAsync());

    public Task ClearAsync() => InTurnAsync(state.ClearStateAsync());

    private static async Task InTurnAsync(Task call)
    {
        try
        {
            await call;
        }
        catch (Exception e) when (IsOvertaken(e))
        {
            throw new OvertakenException(e.Message, e);
        }
    }

    /// <summary>Orleans wraps what storage throws.</summary>
    private static bool IsOvertaken(Exception? e) => e is InconsistentStateException || (e is not null && IsOvertaken(e.InnerException));
}
