using System.Collections.Immutable;
using Dfu.Fleet;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Shells.Packages;
using Dfu.Grains.Storage;
using Dfu.Grains.Turns;
using Dfu.Protocol.Packages;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace Dfu.Grains.Packages;

/// <summary>Carries a <see cref="PackageActivation"/>.</summary>
internal sealed class PackageGrain(FleetHost host, [FromKeyedServices(StorageNames.State)] IGrainStorage storage, ILogger<PackageGrain> logger)
    : Grain, IPackageGrain
{
    private PackageActivation? _package;

    private PackageActivation Package => _package!;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var id = this.GetPrimaryKeyString();
        var grain = this.GetGrainId();
        _package = new(
            id,
            new GrainActivation(GrainContext, id, GrainFactory, host, logger),
            new PackageFile(storage, grain),
            new GrainDocument(storage, "package-change", grain),
            package => GrainFactory.GetGrain<IRetentionGrain>(0).NeededAsync(package));
        return Task.CompletedTask;
    }

    public Task<PackageAnswer> PutAsync(byte[] file, string by) => Package.PutAsync(file, by);

    public Task<PackageAnswer> CheckAsync(ImmutableArray<long> imageSizes, uint hwVersion, ImageType? only) =>
        Package.CheckAsync(imageSizes, hwVersion, only);

    public Task<byte[]?> GetAsync() => Package.GetAsync();

    public Task<bool> ExistsAsync() => Package.ExistsAsync();

    public Task<bool> ForgetAsync() => Package.ForgetAsync();

    public Task<PackageAnswer> DeleteAsync(string by) => Package.DeleteAsync(by);
}
