using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Telemetry;
using Dfu.Fleet.Turns;

namespace Dfu.Fleet.Shells.Campaigns;

/// <summary>Carries out what a campaign has decided, when that is saved.</summary>
internal sealed class CampaignEffects(IActivation activation, CampaignTrace trace, CampaignDevices devices, CampaignCalls calls)
{
    public void Carry(CampaignEffect effect, CampaignCore core)
    {
        var campaign = core.Saved.Id;
        using var about = TracedLines.Of(core.Saved.TraceParent);
        switch (effect)
        {
            case CampaignEffect.AddDevice add:
                devices.IsNew(add.Device);
                break;
            case CampaignEffect.CancelDevice cancel:
                devices.CallNow(cancel.Device);
                break;
            case CampaignEffect.LetGo gone:
                calls.LetGo(gone.Device, core.Saved);
                break;
            case CampaignEffect.KeepClass keep:
                calls.Keep(keep.Class, campaign);
                break;
            case CampaignEffect.Announce announce:
                activation.Log.Notice(campaign, announce.Notice);
                break;
            case CampaignEffect.Finished finished:
                activation.Log.Over(campaign, finished.Outcome);
                if (core.State.Stage == CampaignStage.Finished) trace.End(finished.Outcome, core.State);
                calls.Finished(core, true);
                break;
        }
    }
}
