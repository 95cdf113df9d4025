using System.Collections.Immutable;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Shells.Retention;

namespace Dfu.Grains.Retention;

/// <summary>What retention asks, of grains.</summary>
internal sealed class GrainRetentionPeers(IGrainFactory grains) : IRetentionPeers
{
    private IFleetGrain Directory => grains.GetGrain<IFleetGrain>(0);

    public Task<ImmutableArray<CampaignEntry>> ListAsync() => Directory.ListAsync();

    public Task<ImmutableArray<string>> ForgetAsync(ImmutableArray<string> campaigns) => Directory.ForgetAsync(campaigns);

    public Task ForgetCampaignAsync(string campaign) => grains.GetGrain<ICampaignGrain>(campaign).ForgetAsync();

    public Task<bool> ForgetPackageAsync(string package) => grains.GetGrain<IPackageGrain>(package).ForgetAsync();

    public Task<PackageAnswer> DeleteAsync(string package, string by) => grains.GetGrain<IPackageGrain>(package).DeleteAsync(by);
}
