using Dfu.Grains.Adapters;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;

namespace Dfu.Grains.Packages;

/// <summary>The packages that attempts on this host work with: in memory, else from the host's disk, else from the cluster. A singleton.</summary>
internal sealed class PackageShelf(FleetHost host, IGrainFactory grains)
{
    private const int Places = 4;

    private readonly Lock _gate = new();
    private readonly LinkedList<DfuPackage> _packages = new();

    /// <exception cref="DfuException">PackageNotFound when nobody has it, or what is wrong with it.</exception>
    public async Task<DfuPackage> GetAsync(string id, CancellationToken cancellationToken)
    {
        if (Find(id) is { } there) return there;
        if (await CachedAsync(id, cancellationToken) is { } cached) return Keep(host.Orders.Read(cached));
        var file = await grains.GetGrain<IPackageGrain>(id).GetAsync().OrUnreachable()
            ?? throw new DfuException(DfuError.PackageNotFound, $"nobody has the package {id}");
        var package = Keep(host.Orders.Read(file));
        await CacheAsync(id, file, cancellationToken);
        return package;
    }

    private DfuPackage? Find(string id)
    {
        lock (_gate) return _packages.FirstOrDefault(package => package.Id == id);
    }

    private DfuPackage Keep(DfuPackage package)
    {
        lock (_gate)
        {
            if (_packages.FirstOrDefault(other => other.Id == package.Id) is { } there) return there;
            _packages.AddFirst(package);
            if (_packages.Count > Places) _packages.RemoveLast();
            return package;
        }
    }

    private async Task<ReadOnlyMemory<byte>?> CachedAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            return await host.Packages.LoadAsync(id, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DfuException)
        {
            return null;
        }
    }

    private async Task CacheAsync(string id, ReadOnlyMemory<byte> file, CancellationToken cancellationToken)
    {
        try
        {
            await host.Packages.SaveAsync(id, file, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DfuException)
        {
            // The next attempt asks the cluster again.
        }
    }
}
