namespace Dfu.Fleet;

public enum CampaignOutcome
{
    Running = 0,
    Succeeded,
    Failed,
    Interrupted,
}
