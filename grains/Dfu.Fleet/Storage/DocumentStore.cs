using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Dfu.Fleet.Turns;
using Dfu.Protocol.Errors;
using Microsoft.Extensions.Logging;

namespace Dfu.Fleet.Storage;

/// <summary>An activation's record in its storage: read on activation, written before anything it decides has effects.</summary>
/// <remarks>
/// Storage that does not answer is waited for, and the activation keeps what it knows meanwhile. One that refuses, and a record that somebody else has
/// written, end the activation: the next one reads the truth, after a pause where storage refuses. Nothing is written through it any more then. One write at a
/// time. The text itself is not kept: it is larger than what was read from it.
/// </remarks>
internal sealed class DocumentStore<T>(IActivation activation, IDocument document)
    where T : class
{
    /// <summary>About a minute.</summary>
    private const int TriesPerWarning = 30;

    /// <summary>Of the text that is stored.</summary>
    private byte[] _stored = Digest("");

    /// <summary>A write has failed for good: what the activation remembers may not be stored.</summary>
    public bool Failed { get; private set; }

    /// <summary>Set when the activation ends: storage that does not answer is not waited for any more.</summary>
    public bool LastTry { get; set; }

    /// <summary>What is stored now, to be read before anything is saved; null when nothing is.</summary>
    /// <exception cref="DfuException">It is from a newer program, or no such record.</exception>
    public async Task<T?> ReadAsync()
    {
        var pause = activation.Host.Refusals.TakePause(activation.Name, activation.Host.Times.Refused, activation.Host.Time);
        if (pause > TimeSpan.Zero) await Task.Delay(pause, activation.Host.Time, CancellationToken.None);
        var json = await document.ReadAsync();
        _stored = Digest(json);
        return json.Length > 0 ? FleetJson.Read<T>(json) : null;
    }

    /// <summary>Durable when it returns.</summary>
    public Task SaveAsync(T value) => SaveAsync(FleetJson.Write(value));

    /// <summary>Nothing is stored when it returns.</summary>
    public async Task ClearAsync()
    {
        ThrowIfFailed();
        try
        {
            await document.ClearAsync();
            _stored = Digest("");
        }
        catch (Exception e)
        {
            Fail();
            ThrowWhereOvertaken(e);
            throw;
        }
    }

    private async Task SaveAsync(string json)
    {
        ThrowIfFailed();
        var began = activation.Host.Time.GetTimestamp();
        for (var tries = 1; ; tries++)
        {
            try
            {
                if (tries > 1 && await IsWrittenAsync(json)) break;
                await document.WriteAsync(json);
                break;
            }
            catch (Exception e) when (LastTry || IsRefusal(e))
            {
                var tells = e is OvertakenException || activation.Host.Refusals.Add(activation.Name, activation.Host.Time);
                activation.Log.NotStored(tells ? LogLevel.Warning : LogLevel.Debug, activation.Name, e);
                Fail();
                ThrowWhereOvertaken(e);
                throw;
            }
            catch (Exception e)
            {
                var level = tries % TriesPerWarning == 1 ? LogLevel.Warning : LogLevel.Debug;
                activation.Log.StorageAway(level, activation.Name, activation.Host.Time.GetElapsedTime(began).TotalSeconds, e);
            }

            await Task.Delay(activation.Host.Times.Again, activation.Host.Time, CancellationToken.None);
        }

        _stored = Digest(json);
    }

    /// <summary>Whether the write before got through although nobody said so.</summary>
    /// <exception cref="OvertakenException">Somebody else has written meanwhile.</exception>
    private async Task<bool> IsWrittenAsync(string json)
    {
        var found = await document.ReadAsync();
        if (found == json) return true;
        if (Digest(found).AsSpan().SequenceEqual(_stored)) return false;
        throw new OvertakenException($"another activation of {activation.Name} has written");
    }

    private static byte[] Digest(string json) => SHA256.HashData(MemoryMarshal.AsBytes(json.AsSpan()));

    /// <summary>A host may wrap what storage throws.</summary>
    private static bool IsRefusal(Exception? e) =>
        e is DfuException or OvertakenException or InvalidOperationException || (e?.InnerException is { } cause && IsRefusal(cause));

    /// <summary>Callers elsewhere get it, to whom an <see cref="IOException"/> is an outage that passes, and an exception of ours is not.</summary>
    private void ThrowWhereOvertaken(Exception e)
    {
        if (e is OvertakenException) ThrowIfFailed();
    }

    private void ThrowIfFailed()
    {
        if (Failed) throw new IOException($"{activation.Name} could not be saved and is to be activated again");
    }

    private void Fail()
    {
        Failed = true;
        activation.End("its state could not be saved");
    }
}
