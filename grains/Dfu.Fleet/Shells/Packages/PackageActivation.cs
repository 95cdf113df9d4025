using System.Collections.Immutable;
using System.Security.Cryptography;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Retention;
using Dfu.Fleet.Storage;
using Dfu.Fleet.Turns;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;

namespace Dfu.Fleet.Shells.Packages;

/// <summary>Keeps a package file under its own hash. The bytes are read when somebody wants them, and never kept in memory. One call at a time.</summary>
/// <param name="needed">Tells retention that a package is about to be used or to be stored.</param>
internal sealed class PackageActivation(string id, IActivation activation, IPackageFile stored, Func<string, Task> needed) : IPackagePeer
{
    /// <summary>Between the look at an order's package and the moment the directory has the campaign.</summary>
    private static readonly TimeSpan LongestOrder = TimeSpan.FromSeconds(30);

    private bool _there;
    private long? _wanted;
    private long? _ordered;

    public async Task<PackageAnswer> PutAsync(byte[] file, string by)
    {
        if (activation.Host.Orders.OfPackage(id, file) is { } refused) return new(refused.Error, refused.Detail);
        await WantedAsync();
        if (_there) return PackageAnswer.Taken;
        if (!IsWhole(await stored.ReadAsync()))
        {
            if (by.Length > 0) await TellAsync(by, "packageUploaded");
            await stored.WriteAsync(file);
        }

        _there = true;
        return PackageAnswer.Taken;
    }

    public async Task<PackageAnswer> CheckAsync(ImmutableArray<long> imageSizes, uint hwVersion, ImageType? only)
    {
        _ordered = activation.Host.Time.GetTimestamp();
        if (await GetAsync() is not { } file) return new(DfuError.PackageNotFound, $"nobody has the package {id}");
        var refused = activation.Host.Orders.OfPackage(id, file, imageSizes, hwVersion, only);
        return refused is null ? PackageAnswer.Taken : new(refused.Error, refused.Detail);
    }

    /// <remarks>Bytes that are no longer the package are as good as none: it can be put again.</remarks>
    public async Task<byte[]?> GetAsync()
    {
        _wanted = activation.Host.Time.GetTimestamp();
        var bytes = await stored.ReadAsync();
        _there = IsWhole(bytes);
        return _there ? bytes : null;
    }

    public async Task<bool> ExistsAsync()
    {
        if (!_there && await GetAsync() is null) return false;
        await WantedAsync();
        return true;
    }

    public async Task<bool> ForgetAsync()
    {
        if (_wanted is { } since && activation.Host.Time.GetElapsedTime(since) < RetentionRound.Least) return false;
        await stored.ReadAsync();
        await stored.ClearAsync();
        _there = false;
        activation.End("");
        return true;
    }

    public async Task<PackageAnswer> DeleteAsync(string by)
    {
        if (_ordered is { } since && activation.Host.Time.GetElapsedTime(since) < LongestOrder)
            return new(DfuError.PackageInUse, "a campaign was asked for with it a moment ago; try again in a minute");
        if ((await stored.ReadAsync()).Length == 0) return new(DfuError.NotFound, $"nobody has the package {id}");
        await TellAsync(by, "packageDeleted");
        await stored.ClearAsync();
        _there = false;
        activation.End("");
        return PackageAnswer.Taken;
    }

    private Task TellAsync(string by, string action)
    {
        var now = activation.Host.Wall.GetUtcNow();
        return activation.Peers.Audit?.AppendAsync([new($"{id}/{action}/{now:O}", now, by, action, id, "")]) ?? Task.CompletedTask;
    }

    /// <summary>Whoever asks is going to start a campaign with it.</summary>
    private Task WantedAsync()
    {
        _wanted = activation.Host.Time.GetTimestamp();
        return needed(id);
    }

    private bool IsWhole(byte[] file) => file.Length > 0 && Convert.ToHexStringLower(SHA256.HashData(file)) == id;
}
