using System.Collections.Concurrent;
using Dfu.Grains.Packages;
using Dfu.Protocol.Errors;
using Dfu.Silo.Storage;

namespace Dfu.Silo.Cluster.Hosting;

/// <summary>Package files in a folder of this host. What cannot be read or written is as if it were not there: the fleet has it too.</summary>
internal sealed class PackageCache(string folder) : IPackageCache
{
    private readonly PackageFiles _files = new(folder);

    public Task<ReadOnlyMemory<byte>?> LoadAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            return Task.FromResult(_files.Load(id) is { } file ? file : (ReadOnlyMemory<byte>?)null);
        }
        catch (DfuException)
        {
            return Task.FromResult<ReadOnlyMemory<byte>?>(null);
        }
    }

    public Task SaveAsync(string id, ReadOnlyMemory<byte> file, CancellationToken cancellationToken)
    {
        try
        {
            _files.Save(id, file.Span);
        }
        catch (DfuException)
        {
            // See above.
        }

        return Task.CompletedTask;
    }
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
