using System.Security.Cryptography;
using System.Text;
using Dfu.Protocol.Errors;
using Dfu.Silo.Storage.Files;

namespace Dfu.Silo.Adapters;

/// <summary>Sees to it that a radio has one owner on this machine, whoever runs the process and wherever its data directory is.</summary>
public sealed class AdapterLocks : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, FileLock> _held = [];
    private readonly string _folder;
    private readonly TimeProvider _time;

    /// <param name="folder">Where the lock files are; null is the machine's place for them.</param>
    public AdapterLocks(TimeProvider time, string? folder = null)
    {
        _time = time;
        _folder = folder ?? (Directory.Exists("/run/lock") ? "/run/lock" : "/tmp");
    }

    /// <param name="radio">What tells this radio from every other, the same for every way to name it.</param>
    /// <param name="id">The adapter as the operator wrote it, for the refusal.</param>
    /// <exception cref="DfuException">AdapterInUse.</exception>
    public void Take(string radio, string id)
    {
        lock (_gate) _held[radio] = Lock(radio, id);
    }

    /// <summary>The same, but nothing for a radio that is held here already.</summary>
    /// <inheritdoc cref="Take"/>
    public void Keep(string radio, string id)
    {
        lock (_gate)
        {
            if (!_held.ContainsKey(radio)) _held[radio] = Lock(radio, id);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var held in _held.Values) held.Dispose();
            _held.Clear();
        }
    }

    private FileLock Lock(string radio, string id)
    {
        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(radio)))[..16];
        var file = Path.Combine(_folder, $"dfu-adapter-{name}.lock");
        try
        {
            return FileLock.TryTake(file, _time)
                ?? throw new DfuException(DfuError.AdapterInUse, $"the adapter {id} is in use by another process{FileLock.OwnerOf(file)}");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new DfuException(DfuError.AdapterInUse, $"the adapter {id} cannot be locked: {failure.Message}", failure);
        }
    }
}
