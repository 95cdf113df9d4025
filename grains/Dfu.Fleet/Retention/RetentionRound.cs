using System.Collections.Immutable;

namespace Dfu.Fleet.Retention;

/// <summary>A campaign as the directory has it.</summary>
public readonly record struct ListedCampaign(string Campaign, string PackageId, bool Finished);

/// <summary>What one round of retention deletes.</summary>
/// <param name="Next">To be saved before anything is deleted; all of its <see cref="RetentionState.Going"/> campaigns are to be deleted.</param>
/// <param name="Packages">To be deleted unless somebody needs them by now.</param>
public sealed record RetentionRound(RetentionState Next, ImmutableArray<string> Packages)
{
    /// <summary>A campaign is kept for so long however many there are: whoever started it may still be looking at it.</summary>
    public static readonly TimeSpan Least = TimeSpan.FromHours(1);

    /// <summary>A clock that has gone on by more since the last round is believed by the next one: it may be about to be set right.</summary>
    public static readonly TimeSpan Leap = TimeSpan.FromDays(31);

    /// <param name="campaigns">All that the directory has, oldest first.</param>
    public static RetentionRound Decide(RetentionState state, ImmutableArray<ListedCampaign> campaigns, DateTimeOffset now)
    {
        var believed = state.LookedAt is { } last && now - last > Leap ? last : now;
        var policy = state.Policy;

        // A time that lies ahead was taken from a clock that was wrong.
        DateTimeOffset Past(DateTimeOffset time) => time < believed ? time : believed;

        var over = campaigns.Where(static campaign => campaign.Finished).ToImmutableDictionary(
            static campaign => campaign.Campaign, campaign => Past(state.Over.GetValueOrDefault(campaign.Campaign, believed)));
        var packages = state.Packages.ToImmutableDictionary(static package => package.Key, package => Past(package.Value)).ToBuilder();

        // Once a campaign was found over its package may be gone, and is not asked for again.
        foreach (var campaign in campaigns.Where(campaign => !campaign.Finished || !state.Over.ContainsKey(campaign.Campaign)))
            packages[campaign.PackageId] = believed;
        var needed = campaigns.Where(static campaign => !campaign.Finished).Select(static campaign => campaign.PackageId).ToHashSet();
        var going = campaigns.Where((campaign, i) => campaign.Finished && IsOld(believed - over[campaign.Campaign], campaigns.Length - i));
        var unneeded = packages.Where(package => !needed.Contains(package.Key) && believed - package.Value > TimeSpan.FromDays(policy.PackageDays));
        return new(
            state with
            {
                LookedAt = now,
                Over = over,
                Packages = packages.ToImmutable(),
                Going = state.Going.Union(going.Select(static campaign => campaign.Campaign)),
            },
            [.. unneeded.Select(static package => package.Key).Order(StringComparer.Ordinal)]);

        bool IsOld(TimeSpan age, int place) => age > TimeSpan.FromDays(policy.Days) || (place > policy.Campaigns && age > Least);
    }
}
