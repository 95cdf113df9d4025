using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Dfu.Protocol.Errors;
using Dfu.Silo.Storage.Files;

namespace Dfu.Silo.Adapters;

/// <summary>Sees to it that a radio has one owner on this machine, whoever runs the process and wherever its data directory is.</summary>
/// <param name="prefix">What the names of the locks begin with; null is the program's own, and another one is for tests.</param>
public sealed class AdapterLocks(TimeProvider time, string? prefix = null) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, IDisposable> _held = [];

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

    /// <summary>The name under which every process of this machine locks the radio.</summary>
    internal static string NameOf(string radio, string? prefix = null) =>
        $"{prefix ?? "dfu-adapter"}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(radio)))[..16]}";

    private IDisposable Lock(string radio, string id)
    {
        var name = NameOf(radio, prefix);
        try
        {
            if (OperatingSystem.IsLinux())
                return MachineLock.TryTake(name) ?? throw InUse(id, MachineLock.OwnerOf(name));
            var file = Path.Combine(Directory.CreateDirectory(Path.Combine(DataDirectory.Default, "locks")).FullName, name);
            return FileLock.TryTake(file, time) ?? throw InUse(id, FileLock.OwnerOf(file));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or SocketException)
        {
            throw new DfuException(DfuError.AdapterInUse, $"the adapter {id} cannot be locked: {failure.Message}", failure);
        }
    }

    private static DfuException InUse(string id, string owner) => new(DfuError.AdapterInUse, $"the adapter {id} is in use by another process{owner}");
}
