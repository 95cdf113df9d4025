using System.Collections.Immutable;
using System.Security.Cryptography;
using Dfu.Fleet.Audit;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Retention;
using Dfu.Fleet.Storage;
using Dfu.Fleet.Turns;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;

namespace Dfu.Fleet.Shells.Packages;

/// <summary>Keeps a package file under its own hash. The bytes are read when somebody wants them, and never kept in memory. One call at a time.</summary>
/// <param name="begun">The entry of the audit for what is being done to the file.</param>
/// <param name="needed">Tells retention that a package is about to be used or to be stored.</param>
internal sealed class PackageActivation(string id, IActivation activation, IPackageFile stored, IDocument begun, Func<string, Task> needed) : IPackagePeer
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
        var isThere = IsWhole(await stored.ReadAsync());
        if (!isThere && by.Length > 0) await ChangeAsync(by, "packageUploaded", () => stored.WriteAsync(file));
        else if (!isThere) await stored.WriteAsync(file);
        await EndAsync();
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
        await EndAsync();
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
        await ChangeAsync(by, "packageDeleted", stored.ClearAsync);
        await EndAsync();
        _there = false;
        activation.End("");
        return PackageAnswer.Taken;
    }

    /// <summary>Does what the audit has heard of: it misses nothing. What is cut off, and wanted again by the same operator, is the same change.</summary>
    private async Task ChangeAsync(string by, string action, Func<Task> change)
    {
        if (activation.Peers.Audit is { } audit)
        {
            var entry = await BegunAsync();
            if (entry is null || (entry.By, entry.Action) != (by, action))
            {
                var now = activation.Host.Wall.GetUtcNow();
                entry = new($"{id}/{action}/{now:O}", now, by, action, id, "");
                await begun.WriteAsync(FleetJson.Write(entry));
            }

            await audit.AppendAsync([entry]);
        }

        await change();
    }

    private async Task<AuditEntry?> BegunAsync() => await begun.ReadAsync() is { Length: > 0 } json ? FleetJson.Read<AuditEntry>(json) : null;

    /// <summary>Whatever was begun is done: the next change is another one.</summary>
    private async Task EndAsync()
    {
        if (await BegunAsync() is not null) await begun.ClearAsync();
    }

    /// <summary>Whoever asks is going to start a campaign with it.</summary>
    private Task WantedAsync()
    {
        _wanted = activation.Host.Time.GetTimestamp();
        return needed(id);
    }

    private bool IsWhole(byte[] file) => file.Length > 0 && Convert.ToHexStringLower(SHA256.HashData(file)) == id;
}
