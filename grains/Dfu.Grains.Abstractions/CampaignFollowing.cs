using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Peers;

namespace Dfu.Grains;

public static class CampaignFollowing
{
    /// <inheritdoc cref="CampaignFollower.ReadAsync"/>
    /// <param name="atMostOld">How old the view may be; the campaign makes none more often than each 0.2 s.</param>
    public static Task<CampaignView> ReadAsync(this CampaignFollower follower, ICampaignGrain campaign, TimeSpan atMostOld) =>
        follower.ReadAsync(cursor => campaign.ChangesAsync(cursor, atMostOld));

    /// <summary>A campaign's view, read whole.</summary>
    /// <exception cref="KeyNotFoundException">There is no such campaign.</exception>
    public static Task<CampaignView> ViewAsync(this ICampaignGrain campaign) => new CampaignFollower().ReadAsync(campaign, TimeSpan.Zero);
}
