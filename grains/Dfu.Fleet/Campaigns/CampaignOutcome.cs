namespace Dfu.Fleet.Campaigns;

public enum CampaignOutcome
{
    Running = 0,
    Succeeded,
    Failed,
    Interrupted,
}
