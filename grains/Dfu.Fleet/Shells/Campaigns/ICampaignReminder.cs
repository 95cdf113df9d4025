namespace Dfu.Fleet.Shells.Campaigns;

/// <summary>Has an unfinished campaign activated again, now and then, when its host has died.</summary>
internal interface ICampaignReminder
{
    void Keep();

    void Drop();
}
