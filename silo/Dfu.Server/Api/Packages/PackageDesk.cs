using System.Collections.Concurrent;
using System.Collections.Immutable;
using Dfu.Api;
using Dfu.Fleet.Access;
using Dfu.Fleet.Campaigns;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Packages.Doubts;
using Dfu.Reports;
using Dfu.Silo.Serve;

namespace Dfu.Server.Api.Packages;

/// <summary>Reads packages for the API: few at a time, for each takes the memory of its images while it is read. What one holds never changes.</summary>
internal sealed class PackageDesk(IFleetServer fleet, ServedSilo silo) : IDisposable
{
    private const int MostAtOnce = 2;
    private const int MostKept = 256;

    private readonly SemaphoreSlim _reading = new(MostAtOnce);
    private readonly ConcurrentDictionary<string, ApiPackage> _kept = [];

    public void Dispose() => _reading.Dispose();

    /// <summary>Checks a file and has the fleet keep it.</summary>
    /// <param name="load">Called when there is room to read it.</param>
    /// <exception cref="DfuException">What is wrong with it.</exception>
    public async Task<ApiPackage> TakeAsync(Func<CancellationToken, Task<byte[]>> load, string by, CancellationToken cancellationToken)
    {
        await _reading.WaitAsync(cancellationToken);
        try
        {
            var file = await load(cancellationToken);
            var package = Read(file, isNew: true);
            await fleet.PutPackageAsync(file, by, cancellationToken);
            return Keep(package);
        }
        finally
        {
            _reading.Release();
        }
    }

    /// <exception cref="DfuException">NotFound.</exception>
    public async Task<ApiPackage> ShowAsync(string id, CancellationToken cancellationToken)
    {
        if (_kept.TryGetValue(id, out var known)) return known;
        await _reading.WaitAsync(cancellationToken);
        try
        {
            return Keep(Read(await FileAsync(id, cancellationToken)));
        }
        finally
        {
            _reading.Release();
        }
    }

    /// <exception cref="DfuException">NotFound.</exception>
    public async Task<byte[]> FileAsync(string id, CancellationToken cancellationToken) =>
        await fleet.PackageAsync(id, cancellationToken) ?? throw new DfuException(DfuError.NotFound, $"nobody has the package {id}");

    public async Task DeleteAsync(string id, string by, CancellationToken cancellationToken)
    {
        await fleet.DeletePackageAsync(id, by, cancellationToken);
        _kept.TryRemove(id, out _);
    }

    /// <summary>The package in a list: without title where its file is gone or no sound package any more.</summary>
    public async Task<ApiPackageEntry> EntryAsync(KeptPackage kept, ImmutableArray<CampaignEntry> campaigns, CancellationToken cancellationToken)
    {
        var needs = campaigns.Where(entry => entry.PackageId == kept.Id).Select(static entry => entry.Campaign).ToImmutableArray();
        try
        {
            var package = await ShowAsync(kept.Id, cancellationToken);
            return new(kept.Id, kept.NeededAt, needs, package.Title, package.Images.Sum(static image => (long)image.Bytes));
        }
        catch (DfuException flaw) when (flaw.Error == DfuError.NotFound || ErrorIsOfPackage(flaw.Error))
        {
            return new(kept.Id, kept.NeededAt, needs, null, 0);
        }
    }

    private static bool ErrorIsOfPackage(DfuError error) => error is >= DfuError.PackageNotFound and < DfuError.LinkLost;

    /// <summary>That a package that is kept is not signed for the server's key is told of it; nobody brings a new one.</summary>
    private ApiPackage Read(byte[] file, bool isNew = false)
    {
        using var key = silo.Settings.PublicKey is { } pem ? DfuKeys.ParsePublic(pem) : null;
        var package = PackageReader.Read(file, isNew ? key : null);
        var facts = PackageFacts.Of(file, null, key)!;
        var document = PackageDocument.Of(package);
        return new(package.Id, document.Images, facts.Title, file.Length, facts.Signature, facts.Signer, [.. PackageDoubts.Of(package)]);
    }

    private ApiPackage Keep(ApiPackage package)
    {
        if (_kept.Count >= MostKept) _kept.Clear();
        _kept[package.Id] = package;
        return package;
    }
}
