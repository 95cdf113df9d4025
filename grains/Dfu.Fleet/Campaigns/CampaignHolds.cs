using System.Collections.Immutable;

namespace Dfu.Fleet.Campaigns;

/// <summary>Holds of a campaign: at most one for each reason, and one for its schedule and its groups.</summary>
internal static class CampaignHolds
{
    public static CampaignHold? Hold(this CampaignState state, HoldReason reason) => state.Holds.FirstOrDefault(hold => hold.Reason == reason);

    public static bool IsHeldFor(this CampaignState state, HoldReason reason) => state.Hold(reason) is not null;

    /// <summary>Whether somebody must resume it.</summary>
    public static bool IsStopped(this CampaignState state) => state.IsHeldFor(HoldReason.Paused) || state.IsHeldFor(HoldReason.Failures);

    /// <param name="hold">Null for none of them any more.</param>
    public static CampaignState With(this CampaignState state, CampaignHold? hold, params HoldReason[] instead)
    {
        var others = state.Holds.RemoveAll(one => instead.Contains(one.Reason));
        return state with { Holds = hold is null ? others : Sorted(others.Add(hold)) };
    }

    private static ImmutableArray<CampaignHold> Sorted(ImmutableArray<CampaignHold> holds) => holds.Sort(static (a, b) => a.Reason.CompareTo(b.Reason));
}
