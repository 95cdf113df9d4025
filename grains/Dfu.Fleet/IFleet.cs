using Dfu.Fleet.Campaigns;
using Dfu.Protocol.Errors;

namespace Dfu.Fleet;

/// <summary>The orchestrator as its callers see it: over grains, and in simulation over one loop.</summary>
public interface IFleet
{
    /// <summary>Creates the campaign, or goes on with the one the store holds for the same package and targets.</summary>
    /// <exception cref="DfuException">CampaignConflict when the store holds another unfinished one.</exception>
    Task<CampaignView> StartAsync(CampaignRequest request, CancellationToken cancellationToken);

    /// <summary>The latest view; cheap, callable from any thread.</summary>
    CampaignView Snapshot();

    /// <summary>Returns when every device of the campaign has an outcome.</summary>
    Task<CampaignView> WaitAsync(CancellationToken cancellationToken);
}
