using System.Collections.Immutable;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Peers;

namespace Dfu.Fleet.Shells.Retention;

/// <summary>What retention asks of the other parts of the fleet; see <see cref="IPeers"/>.</summary>
internal interface IRetentionPeers
{
    /// <summary>All campaigns.</summary>
    Task<ImmutableArray<CampaignEntry>> ListAsync();

    /// <summary>Has the directory forget campaigns that are over. Durable when it returns.</summary>
    /// <returns>Those that it does not have any more.</returns>
    Task<ImmutableArray<string>> ForgetAsync(ImmutableArray<string> campaigns);

    /// <summary>Nothing of the campaign and of its devices is stored when it returns.</summary>
    Task ForgetCampaignAsync(string campaign);

    /// <returns>False when somebody has wanted the package lately: then it stays.</returns>
    Task<bool> ForgetPackageAsync(string package);

    /// <summary>For an operator, when no unfinished campaign needs the package.</summary>
    Task<PackageAnswer> DeleteAsync(string package, string by);
}
