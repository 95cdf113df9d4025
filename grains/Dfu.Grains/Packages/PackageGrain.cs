using System.Collections.Immutable;
using System.Security.Cryptography;
using Dfu.Fleet;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Retention;
using Dfu.Grains.Storage;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;

namespace Dfu.Grains.Packages;

/// <summary>Keeps a package file under its own hash. The bytes are read when somebody wants them, and never kept in memory.</summary>
internal sealed class PackageGrain(FleetHost host, [FromKeyedServices(StorageNames.State)] IGrainStorage storage) : Grain, IPackageGrain
{
    private const string StateName = "package";

    /// <summary>Between the look at an order's package and the moment the directory has the campaign.</summary>
    private static readonly TimeSpan LongestOrder = TimeSpan.FromSeconds(30);

    private bool _there;
    private long? _wanted;
    private long? _ordered;

    public async Task<PackageAnswer> PutAsync(byte[] file, string by)
    {
        if (host.Orders.OfPackage(this.GetPrimaryKeyString(), file) is { } refused) return new(refused.Error, refused.Detail);
        await WantedAsync();
        if (_there) return PackageAnswer.Taken;
        var stored = await ReadAsync();
        if (!IsWhole(stored.State!.Bytes))
        {
            if (by.Length > 0) await TellAsync(by, "packageUploaded");
            stored.State = new() { Bytes = file };
            await storage.WriteStateAsync(StateName, this.GetGrainId(), stored);
        }

        _there = true;
        return PackageAnswer.Taken;
    }

    public async Task<PackageAnswer> CheckAsync(ImmutableArray<long> imageSizes, uint hwVersion, ImageType? only)
    {
        var id = this.GetPrimaryKeyString();
        _ordered = host.Time.GetTimestamp();
        if (await GetAsync() is not { } file) return new(DfuError.PackageNotFound, $"nobody has the package {id}");
        return host.Orders.OfPackage(id, file, imageSizes, hwVersion, only) is { } refused ? new(refused.Error, refused.Detail) : PackageAnswer.Taken;
    }

    /// <remarks>Bytes that are no longer the package are as good as none: it can be put again.</remarks>
    public async Task<byte[]?> GetAsync()
    {
        _wanted = host.Time.GetTimestamp();
        var bytes = (await ReadAsync()).State!.Bytes;
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
        if (_wanted is { } since && host.Time.GetElapsedTime(since) < RetentionRound.Least) return false;
        await storage.ClearStateAsync(StateName, this.GetGrainId(), await ReadAsync());
        _there = false;
        DeactivateOnIdle();
        return true;
    }

    public async Task<PackageAnswer> DeleteAsync(string by)
    {
        var id = this.GetPrimaryKeyString();
        if (_ordered is { } since && host.Time.GetElapsedTime(since) < LongestOrder)
            return new(DfuError.PackageInUse, "a campaign was asked for with it a moment ago; try again in a minute");
        var stored = await ReadAsync();
        if (stored.State!.Bytes.Length == 0) return new(DfuError.NotFound, $"nobody has the package {id}");
        await TellAsync(by, "packageDeleted");
        await storage.ClearStateAsync(StateName, this.GetGrainId(), stored);
        _there = false;
        DeactivateOnIdle();
        return PackageAnswer.Taken;
    }

    private Task TellAsync(string by, string action)
    {
        var (id, now) = (this.GetPrimaryKeyString(), host.Wall.GetUtcNow());
        return GrainFactory.GetGrain<IAuditGrain>(0).AppendAsync([new($"{id}/{action}/{now:O}", now, by, action, id, "")]);
    }

    /// <summary>Whoever asks is going to start a campaign with it.</summary>
    private Task WantedAsync()
    {
        _wanted = host.Time.GetTimestamp();
        return GrainFactory.GetGrain<IRetentionGrain>(0).NeededAsync(this.GetPrimaryKeyString());
    }

    private async Task<GrainState<StoredFile>> ReadAsync()
    {
        var state = new GrainState<StoredFile>(new());
        await storage.ReadStateAsync(StateName, this.GetGrainId(), state);
        return state;
    }

    private bool IsWhole(byte[] file) => file.Length > 0 && Convert.ToHexStringLower(SHA256.HashData(file)) == this.GetPrimaryKeyString();
}
