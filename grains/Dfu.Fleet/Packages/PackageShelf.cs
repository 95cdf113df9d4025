using Dfu.Fleet.Peers;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Timing;
using Microsoft.Extensions.Logging;

namespace Dfu.Fleet.Packages;

/// <summary>The packages that attempts on this host work with: in memory, else from the host's disk, else from the cluster. A singleton.</summary>
/// <remarks>A package is fetched once however many want it; it is read and checked on the thread pool. A fetch that failed is forgotten.</remarks>
internal sealed class PackageShelf(FleetHost host, IPeers peers, ILogger<PackageShelf> logger)
{
    private const int Places = 4;

    private readonly Lock _gate = new();
    private readonly LinkedList<DfuPackage> _packages = new();
    private readonly Dictionary<string, Task<DfuPackage>> _fetching = [];

    /// <param name="cancellationToken">Ends the wait; the fetch goes on for others.</param>
    /// <exception cref="DfuException">PackageNotFound when nobody has it, or what is wrong with it.</exception>
    public Task<DfuPackage> GetAsync(string id, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_packages.FirstOrDefault(package => package.Id == id) is { } there) return Task.FromResult(there);
            if (!_fetching.TryGetValue(id, out var fetch))
            {
                var fetched = new TaskCompletionSource<DfuPackage>(TaskCreationOptions.RunContinuationsAsynchronously);
                _fetching[id] = fetch = fetched.Task;
                host.OnRadio(() => Background.Run("fetch a package", FetchAsync(id, fetched)));
            }

            return fetch.WaitAsync(cancellationToken);
        }
    }

    private async Task FetchAsync(string id, TaskCompletionSource<DfuPackage> fetched)
    {
        try
        {
            fetched.SetResult(await FetchAsync(id));
        }
        catch (Exception e)
        {
            fetched.SetException(e);
            _ = fetched.Task.Exception; // whoever waited may have gone
        }
    }

    private async Task<DfuPackage> FetchAsync(string id)
    {
        try
        {
            if (await CachedAsync(id) is { } cached) return Keep(host.Orders.Read(cached));
            var file = await peers.Package(id).GetAsync().OrUnreachable()
                ?? throw new DfuException(DfuError.PackageNotFound, $"nobody has the package {id}");
            var package = Keep(host.Orders.Read(file));
            Background.Run("keep a package on this host", CacheAsync(id, file));
            return package;
        }
        finally
        {
            lock (_gate) _fetching.Remove(id);
        }
    }

    private DfuPackage Keep(DfuPackage package)
    {
        lock (_gate)
        {
            _packages.AddFirst(package);
            if (_packages.Count > Places) _packages.RemoveLast();
            return package;
        }
    }

    private async Task<ReadOnlyMemory<byte>?> CachedAsync(string id)
    {
        try
        {
            return await host.Packages.LoadAsync(id, CancellationToken.None);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DfuException)
        {
            logger.NotCached(id, e);
            return null;
        }
    }

    private async Task CacheAsync(string id, ReadOnlyMemory<byte> file)
    {
        try
        {
            await host.Packages.SaveAsync(id, file, CancellationToken.None);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DfuException)
        {
            logger.NotCached(id, e);
        }
    }
}
