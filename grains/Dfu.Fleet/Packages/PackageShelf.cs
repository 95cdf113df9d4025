using Dfu.Fleet.Peers;
using Dfu.Fleet.Turns;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Timing;
using Microsoft.Extensions.Logging;

namespace Dfu.Fleet.Packages;

/// <summary>The packages that attempts on this host work with: in memory, else from the host's disk, else from the cluster. A singleton.</summary>
/// <remarks>A package is fetched once however many want it, and read and checked where radios are driven. A fetch that failed is forgotten.</remarks>
internal sealed class PackageShelf(FleetHost host, IPeers peers, ILogger<PackageShelf> logger)
{
    private const int Places = 4;

    private readonly Lock _gate = new();
    private readonly LinkedList<DfuPackage> _packages = new();
    private readonly Dictionary<string, TaskCompletionSource<DfuPackage>> _fetching = [];

    /// <param name="cancellationToken">Ends the wait; the fetch goes on for others.</param>
    /// <exception cref="DfuException">PackageNotFound when nobody has it, or what is wrong with it.</exception>
    public Task<DfuPackage> GetAsync(string id, CancellationToken cancellationToken)
    {
        TaskCompletionSource<DfuPackage>? fetch;
        lock (_gate)
        {
            if (_packages.FirstOrDefault(package => package.Id == id) is { } there) return Task.FromResult(there);
            if (_fetching.TryGetValue(id, out fetch)) return fetch.Task.WithinAsync(Timeout.InfiniteTimeSpan, host.Time, cancellationToken);
            _fetching[id] = fetch = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        // What is shared belongs to the trace of nobody.
        host.OnRadio(() => Background.Run("fetch a package", OwnWork.BeginAsync(() => FetchAsync(id, fetch))));
        return fetch.Task.WithinAsync(Timeout.InfiniteTimeSpan, host.Time, cancellationToken);
    }

    private async Task FetchAsync(string id, TaskCompletionSource<DfuPackage> fetch)
    {
        var reading = ReadAsync(id);
        await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        lock (_gate) _fetching.Remove(id);
        fetch.SetFromTask(reading);
    }

    private async Task<DfuPackage> ReadAsync(string id)
    {
        if (await CachedAsync(id) is { } cached) return Keep(host.Orders.Read(cached));
        var file = await peers.Package(id).GetAsync().OrUnreachable()
            ?? throw new DfuException(DfuError.PackageNotFound, $"nobody has the package {id}");
        var package = Keep(host.Orders.Read(file));
        Background.Run("keep a package on this host", CacheAsync(id, file));
        return package;
    }

    internal DfuPackage Keep(DfuPackage package)
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
