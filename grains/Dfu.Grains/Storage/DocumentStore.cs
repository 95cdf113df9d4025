using Dfu.Fleet.Storage;
using Dfu.Protocol.Errors;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace Dfu.Grains.Storage;

/// <summary>A grain's record in its storage: read on activation, written before anything it decides has effects.</summary>
/// <remarks>
/// Storage that does not answer is waited for, and the activation keeps what it knows meanwhile. One that refuses, and a record that somebody else has
/// written, end the activation: the next one reads the truth. Nothing is written through it any more then. One write at a time.
/// </remarks>
internal sealed class DocumentStore<T>(IGrainContext grain, IPersistentState<StoredDocument> state, FleetHost host, ILogger logger)
    where T : class
{
    /// <summary>About a minute.</summary>
    private const int TriesPerWarning = 30;

    private string? _stored;

    /// <summary>A write has failed for good: what the activation remembers may not be stored.</summary>
    public bool Failed { get; private set; }

    /// <summary>Set when the activation ends: storage that does not answer is not waited for any more.</summary>
    public bool LastTry { get; set; }

    /// <summary>What was stored when the grain was activated; null when nothing was.</summary>
    /// <exception cref="DfuException">It is from a newer program, or no such record.</exception>
    public T? Read() => state.State is { Json.Length: > 0 } stored ? FleetJson.Read<T>(stored.Json) : null;

    /// <summary>What is stored now.</summary>
    public async Task<T?> ReloadAsync()
    {
        await state.ReadStateAsync();
        _stored = state.State.Json;
        return Read();
    }

    /// <summary>Durable when it returns.</summary>
    public Task SaveAsync(T value) => SaveAsync(FleetJson.Write(value));

    /// <summary>Nothing is stored when it returns.</summary>
    public async Task ClearAsync()
    {
        ThrowIfFailed();
        try
        {
            await state.ClearStateAsync();
            _stored = "";
        }
        catch
        {
            Fail();
            throw;
        }
    }

    private async Task SaveAsync(string json)
    {
        ThrowIfFailed();
        _stored ??= state.State.Json;
        var began = host.Time.GetTimestamp();
        for (var tries = 1; ; tries++)
        {
            try
            {
                if (tries > 1 && await IsWrittenAsync(json)) break;
                state.State.Json = json;
                await state.WriteStateAsync();
                break;
            }
            catch (Exception e) when (LastTry || IsRefusal(e))
            {
                logger.NotStored(grain.GrainId, e);
                Fail();
                throw;
            }
            catch (Exception e)
            {
                var level = tries % TriesPerWarning == 1 ? LogLevel.Warning : LogLevel.Debug;
                logger.StorageAway(level, grain.GrainId, host.Time.GetElapsedTime(began).TotalSeconds, e);
            }

            await Task.Delay(host.Times.Again, host.Time, CancellationToken.None);
        }

        _stored = json;
    }

    /// <summary>Whether the write before got through although nobody said so.</summary>
    /// <exception cref="InconsistentStateException">Somebody else has written meanwhile.</exception>
    private async Task<bool> IsWrittenAsync(string json)
    {
        await state.ReadStateAsync();
        var found = state.State.Json;
        return found == json || (found == _stored ? false : throw new InconsistentStateException($"another activation of {grain.GrainId} has written"));
    }

    /// <summary>Orleans wraps what storage throws; of an activation that is over it has no storage any more.</summary>
    private static bool IsRefusal(Exception? e) =>
        e is DfuException or InconsistentStateException or InvalidOperationException || (e?.InnerException is { } cause && IsRefusal(cause));

    private void ThrowIfFailed()
    {
        if (Failed) throw new OrleansException($"{grain.GrainId} could not be saved and is to be activated again");
    }

    private void Fail()
    {
        Failed = true;

        // Without the exception: with it, calls that wait would fail too instead of going to the next activation.
        grain.Deactivate(new(DeactivationReasonCode.ApplicationRequested, "its state could not be saved"));
    }
}
