using System.Collections.Immutable;
using Dfu.Fleet.Retention;
using Dfu.Fleet.Storage;
using FsCheck;
using FsCheck.Fluent;

namespace Dfu.Fleet.Tests.Retention;

public sealed class RetentionRoundTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 3, 0, 0, TimeSpan.Zero);

    private static ListedCampaign Over(string name, string package = "p") => new(name, package, Finished: true);

    private static ListedCampaign AtWork(string name, string package = "p") => new(name, package, Finished: false);

    /// <summary>Rounds, one a day.</summary>
    private static RetentionRound After(int days, RetentionPolicy policy, params ListedCampaign[] campaigns)
    {
        var round = RetentionRound.Decide(new() { Policy = policy }, [.. campaigns], Start);
        for (var day = 1; day <= days; day++) round = RetentionRound.Decide(round.Next, [.. campaigns], Start.AddDays(day));
        return round;
    }

    [Fact]
    public void The_newest_campaigns_are_kept_and_whatever_is_not_over()
    {
        var round = After(1, new() { Campaigns = 2 }, AtWork("a"), Over("b"), Over("c"), AtWork("d"), Over("e"));
        Assert.Equal(["b", "c"], round.Next.Going.Order());
    }

    [Fact]
    public void A_campaign_is_kept_for_its_days_from_when_it_was_found_over()
    {
        Assert.Empty(After(365, new(), Over("a")).Next.Going);
        Assert.Equal(["a"], After(366, new(), Over("a")).Next.Going);
        var atWork = After(400, new(), AtWork("a")).Next;
        Assert.Empty(RetentionRound.Decide(atWork, [Over("a")], Start.AddDays(401)).Next.Going);
    }

    [Fact]
    public void However_few_are_to_be_kept_a_campaign_that_has_just_ended_stays()
    {
        var first = RetentionRound.Decide(new() { Policy = new() { Campaigns = 1 } }, [Over("a"), Over("b")], Start);
        Assert.Empty(first.Next.Going);
        Assert.Empty(RetentionRound.Decide(first.Next, [Over("a"), Over("b")], Start + RetentionRound.Least).Next.Going);
        Assert.Equal(["a"], RetentionRound.Decide(first.Next, [Over("a"), Over("b")], Start + (2 * RetentionRound.Least)).Next.Going);
    }

    [Fact]
    public void A_campaign_that_is_taken_up_again_is_over_anew()
    {
        var round = After(300, new(), Over("a"));
        round = RetentionRound.Decide(round.Next, [AtWork("a")], Start.AddDays(301));
        round = RetentionRound.Decide(round.Next, [Over("a")], Start.AddDays(302));
        for (var day = 303; day < 302 + 365; day++) round = RetentionRound.Decide(round.Next, [Over("a")], Start.AddDays(day));
        Assert.Empty(round.Next.Going);
    }

    [Fact]
    public void A_package_is_kept_while_a_campaign_is_at_work_with_it_and_for_its_days_after()
    {
        var round = After(100, new(), Over("a", "old"), AtWork("b", "new"));
        Assert.Equal("old", Assert.Single(round.Packages));
        round = RetentionRound.Decide(round.Next.WithoutPackage("old"), [Over("a", "old"), Over("b", "new")], Start.AddDays(101));
        for (var day = 102; day <= 131; day++) round = RetentionRound.Decide(round.Next, [Over("a", "old"), Over("b", "new")], Start.AddDays(day));
        Assert.Empty(round.Packages);
        round = RetentionRound.Decide(round.Next, [Over("a", "old"), Over("b", "new")], Start.AddDays(132));
        Assert.Equal("new", Assert.Single(round.Packages));

        // It is not asked for again, though its campaign is still kept.
        Assert.Empty(RetentionRound.Decide(round.Next.WithoutPackage("new"), [Over("a", "old"), Over("b", "new")], Start.AddDays(133)).Packages);
    }

    [Fact]
    public void A_package_that_no_campaign_ever_used_goes_too()
    {
        var state = new RetentionState().Needing("p", Start);
        Assert.Empty(RetentionRound.Decide(state, [], Start.AddDays(30)).Packages);
        Assert.Equal("p", Assert.Single(RetentionRound.Decide(state, [], Start.AddDays(31)).Packages));
        Assert.Same(state, state.Needing("p", Start.AddHours(23)));
        Assert.Empty(RetentionRound.Decide(state.Needing("p", Start.AddDays(30)), [], Start.AddDays(31)).Packages);
    }

    [Fact]
    public void A_clock_that_leaps_is_believed_by_the_second_round()
    {
        var state = After(10, new(), Over("a", "p")).Next;
        var leapt = RetentionRound.Decide(state, [Over("a", "p")], Start.AddYears(70));
        Assert.Empty(leapt.Next.Going);
        Assert.Empty(leapt.Packages);
        var back = RetentionRound.Decide(leapt.Next, [Over("a", "p"), Over("b", "p")], Start.AddDays(11));
        back = RetentionRound.Decide(back.Next, [Over("a", "p"), Over("b", "p")], Start.AddDays(12));
        Assert.Empty(back.Next.Going);
        Assert.Equal(["a"], RetentionRound.Decide(leapt.Next, [Over("a", "p")], Start.AddYears(70).AddDays(1)).Next.Going);
    }

    [Fact]
    public void A_time_from_a_wrong_clock_is_taken_for_now()
    {
        var state = After(1, new(), Over("a")).Next.Needing("q", Start.AddYears(50));
        var round = RetentionRound.Decide(state, [Over("a")], Start.AddDays(2));
        Assert.All(round.Next.Packages.Values.Concat(round.Next.Over.Values), time => Assert.True(time <= Start.AddDays(2)));
    }

    [Fact]
    public void What_an_earlier_round_began_to_delete_goes_on_being_deleted()
    {
        var round = After(366, new(), Over("a"), Over("b"));
        Assert.Equal(["a", "b"], RetentionRound.Decide(round.Next, [], Start.AddDays(367)).Next.Going.Order());
        Assert.Empty(RetentionRound.Decide(round.Next.Without("a").Without("b"), [], Start.AddDays(367)).Next.Going);
    }

    [Fact]
    public void Nothing_that_is_at_work_ever_goes() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(500),
        Prop.ForAll(
            ArbMap.Default.ArbFor<(int Seed, byte Campaigns, byte Days)>(),
            run =>
            {
                var random = new Random(run.Seed);
                var policy = new RetentionPolicy { Campaigns = run.Campaigns % 5, Days = run.Days % 10, PackageDays = run.Days % 3 };
                var (now, state) = (Start, new RetentionState { Policy = policy });
                var campaigns = ImmutableArray<ListedCampaign>.Empty;
                for (var step = 0; step < 40; step++)
                {
                    now += TimeSpan.FromHours(random.Next(-100, 1000));
                    if (random.Next(2) == 0) campaigns = campaigns.Add(new($"{step}", $"p{random.Next(4)}", Finished: random.Next(2) == 0));
                    if (campaigns.Length > 0 && random.Next(2) == 0)
                    {
                        var place = random.Next(campaigns.Length);
                        campaigns = campaigns.SetItem(place, campaigns[place] with { Finished = true });
                    }

                    var round = RetentionRound.Decide(state, campaigns, now);
                    var atWork = campaigns.Where(campaign => !campaign.Finished).ToArray();
                    Assert.DoesNotContain(atWork, campaign => round.Next.Going.Contains(campaign.Campaign));
                    Assert.DoesNotContain(atWork, campaign => round.Packages.Contains(campaign.PackageId));
                    state = round.Packages.Aggregate(round.Next, (next, package) => next.WithoutPackage(package));
                    if (random.Next(3) == 0) continue;
                    campaigns = campaigns.RemoveAll(campaign => round.Next.Going.Contains(campaign.Campaign));
                    state = state with { Going = [] };
                }

                // Nothing is remembered of what is gone.
                Assert.True(state.Over.Count <= 40 && state.Packages.Count <= 4);
            }));

    [Fact]
    public void It_is_stored_with_its_version()
    {
        var state = After(366, new() { Days = 3 }, Over("a")).Next;
        var json = FleetJson.Write(state);
        Assert.StartsWith("""{"v":1,""", json, StringComparison.Ordinal);
        Assert.Equal(json, FleetJson.Write(FleetJson.Read<RetentionState>(json)));
        Assert.Equal(new RetentionPolicy(), FleetJson.Read<RetentionState>("""{"v":1}""").Policy);
    }
}
