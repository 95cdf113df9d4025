using Dfu.Fleet.Campaigns;

namespace Dfu.Server.Live;

internal static class Standings
{
    /// <summary>Lists that were read anew are others although they have the same in them.</summary>
    public static bool Same(CampaignStanding? a, CampaignStanding? b) => a is null || b is null
        ? ReferenceEquals(a, b)
        : a with { Holds = b.Holds, Groups = b.Groups } == b && a.Holds.SequenceEqual(b.Holds) && a.Groups.SequenceEqual(b.Groups);
}
