using Dfu.Grains.Hosting;
using Dfu.Silo.Storage;

namespace Dfu.Silo.Cluster.Storage;

/// <summary>Packages this host has seen, on its disk; the cluster's storage has them all.</summary>
public sealed class PackageCache(string folder) : IPackageCache
{
    private readonly PackageFiles _files = new(folder);

    /// <exception cref="Dfu.Protocol.Errors.DfuException">DataDirectoryUnusable; InvalidArgument for an id that is none.</exception>
    public Task<ReadOnlyMemory<byte>?> LoadAsync(string id, CancellationToken cancellationToken) => Answer(() => _files.Load(id) is { } bytes ? bytes : (ReadOnlyMemory<byte>?)null);

    /// <exception cref="Dfu.Protocol.Errors.DfuException">DataDirectoryUnusable; InvalidArgument when the bytes are not those of the id.</exception>
    public Task SaveAsync(string id, ReadOnlyMemory<byte> file, CancellationToken cancellationToken) => Answer(() =>
    {
        _files.Save(id, file.Span);
        return true;
    });

    private static Task<T> Answer<T>(Func<T> work)
    {
        try
        {
            return Task.FromResult(work());
        }
        catch (Exception failure)
        {
            return Task.FromException<T>(failure);
        }
    }
}
