using Dfu.Fleet.Storage;

namespace Dfu.Grains.Storage;

/// <summary>A grain's record in its storage: read on activation, written before anything it decides has effects.</summary>
/// <remarks>
/// A failed write ends the activation, for its memory is ahead of the store by then; the next one reads the truth. Nothing is written
/// through it any more. One write at a time.
/// </remarks>
internal sealed class DocumentStore<T>(IGrainContext grain, IPersistentState<StoredDocument> state)
    where T : class
{
    /// <summary>A write has failed: what the activation remembers may not be stored.</summary>
    public bool Failed { get; private set; }

    /// <summary>What was stored when the grain was activated; null when nothing was.</summary>
    /// <exception cref="Protocol.Errors.DfuException">It is from a newer program, or no such record.</exception>
    public T? Read() => state.State is { Json.Length: > 0 } stored ? FleetJson.Read<T>(stored.Json) : null;

    /// <summary>Durable when it returns.</summary>
    public async Task SaveAsync(T value)
    {
        ThrowIfFailed();
        state.State.Json = FleetJson.Write(value);
        await KeepAsync(state.WriteStateAsync());
    }

    /// <summary>Nothing is stored when it returns.</summary>
    public async Task ClearAsync()
    {
        ThrowIfFailed();
        await KeepAsync(state.ClearStateAsync());
    }

    private void ThrowIfFailed()
    {
        if (Failed) throw new OrleansException($"{grain.GrainId} could not be saved and is to be activated again");
    }

    private async Task KeepAsync(Task writing)
    {
        try
        {
            await writing;
        }
        catch
        {
            Failed = true;

            // Without the exception: with it, calls that wait would fail too instead of going to the next activation.
            grain.Deactivate(new(DeactivationReasonCode.ApplicationRequested, "its state could not be saved"));
            throw;
        }
    }
}
