using System.Collections.Concurrent;
using Dfu.Fleet.Packages;
using Dfu.Protocol.Errors;

namespace Dfu.Silo.Storage.Files;

/// <summary>Package files in a folder of this host. What cannot be read or written is as if it were not there: the fleet has it too.</summary>
/// <remarks>The disk is waited for on the thread pool, never on the scheduler of a grain that asks.</remarks>
internal sealed class PackageCache : IPackageCache
{
    private const long DefaultMost = 512L << 20;

    private static readonly TimeSpan Unwanted = TimeSpan.FromDays(30);

    private readonly PackageFiles _files;
    private readonly long _most;

    /// <summary>Deletes what a process that was killed left unfinished, so nobody else may be using the folder.</summary>
    /// <param name="most">Bytes that the files may take; those that were not wanted for the longest time go first; null is 512 MiB.</param>
    /// <exception cref="DfuException">DataDirectoryUnusable.</exception>
    public PackageCache(string folder, TimeProvider time, long? most = null)
    {
        (_files, _most) = (new(folder, time), most ?? DefaultMost);
        Durable.Sweep(folder);
    }

    public Task<ReadOnlyMemory<byte>?> LoadAsync(string id, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            try
            {
                return _files.Load(id) is { } file ? file : (ReadOnlyMemory<byte>?)null;
            }
            catch (DfuException)
            {
                return null;
            }
        },
        cancellationToken);

    /// <summary>The file that is saved stays, however large it is.</summary>
    public Task SaveAsync(string id, ReadOnlyMemory<byte> file, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            try
            {
                _files.Save(id, file);
                _files.Trim(Math.Max(_most, file.Length), Unwanted);
            }
            catch (DfuException)
            {
                // See above.
            }
        },
        cancellationToken);

    /// <summary>Deletes what is too much, for instance because it may be less than before.</summary>
    /// <exception cref="DfuException">DataDirectoryUnusable.</exception>
    public Task TrimAsync(CancellationToken cancellationToken) => Task.Run(() => _files.Trim(_most, Unwanted), cancellationToken);
}

/// <summary>Package files in memory, for a silo that leaves nothing behind.</summary>
internal sealed class PackageMemory : IPackageCache
{
    private readonly ConcurrentDictionary<string, ReadOnlyMemory<byte>> _files = new();

    public Task<ReadOnlyMemory<byte>?> LoadAsync(string id, CancellationToken cancellationToken) =>
        Task.FromResult(_files.TryGetValue(id, out var file) ? file : (ReadOnlyMemory<byte>?)null);

    public Task SaveAsync(string id, ReadOnlyMemory<byte> file, CancellationToken cancellationToken)
    {
        _files[id] = file;
        return Task.CompletedTask;
    }
}
