using System.Collections.Immutable;
using Dfu.Fleet.Audit;
using Dfu.Fleet.Campaigns;
using Dfu.Grains.Turns;
using Microsoft.Extensions.Logging;

namespace Dfu.Grains.Campaigns;

/// <summary>Tells the audit what has changed in a campaign, again and again until it has it.</summary>
/// <param name="taken">The audit has the changes up to this one.</param>
internal sealed class AuditOutbox(IGrainFactory grains, FleetHost host, ILogger logger, Action<int> taken)
{
    private bool _telling;
    private bool _nobody;
    private DateTimeOffset? _notBefore;

    /// <summary>Something is left to be told, and there is somebody to tell.</summary>
    public bool IsOutstanding(CampaignCore core) => !core.Untold.IsEmpty && !_nobody;

    public void Tell(CampaignCore core)
    {
        if (core.Untold is not [_, ..] news || _telling || host.Time.GetUtcNow() < _notBefore) return;
        _telling = true;
        _notBefore = host.Time.GetUtcNow() + host.Times.Again;
        OwnWork.Run(logger, "tell the audit what has changed", core.Saved.Id, () => TellAsync(news, core.Saved.Changes));
    }

    private async Task TellAsync(ImmutableArray<AuditEntry> news, int through)
    {
        try
        {
            if (Audit() is not { } audit) return;
            await audit.AppendAsync(news);
            _notBefore = null;
            taken(through);
        }
        finally
        {
            _telling = false;
        }
    }

    /// <summary>Null in a cluster that keeps none.</summary>
    private IAuditGrain? Audit()
    {
        try
        {
            var audit = grains.GetGrain<IAuditGrain>(0);
            _nobody = false;
            return audit;
        }
        catch (ArgumentException)
        {
            _nobody = true;
            return null;
        }
    }
}
