using Dfu.Protocol.Transfers;

namespace Dfu.Protocol.Tests.Transfers;

public sealed class PacingTests
{
    private static TimeSpan Ms(double ms) => TimeSpan.FromMilliseconds(ms);

    [Fact]
    public void A_short_object_lengthens_the_guard_and_shrinks_the_burst_by_what_was_lost()
    {
        var pacing = Pacing.Initial.AfterShort(afterSave: false, lost: 3);
        Assert.Equal((Ms(200), 12, Ms(100)), (pacing.Guard, pacing.Burst, pacing.LossGuard));
        Assert.Equal((Pacing.Initial.GuardAfterSave, Pacing.Initial.BurstAfterSave), (pacing.GuardAfterSave, pacing.BurstAfterSave));
    }

    [Fact]
    public void A_short_object_after_a_save_says_how_slow_the_flash_is_without_one()
    {
        var pacing = Pacing.Initial.AfterShort(afterSave: true, lost: 1);
        Assert.Equal((Ms(640), 10, 15), (pacing.GuardAfterSave, pacing.BurstAfterSave, pacing.Burst));
        Assert.Equal(213.3, pacing.Guard.TotalMilliseconds, 1);
    }

    [Fact]
    public void Clean_objects_shorten_the_guard_down_to_the_erase_time()
    {
        var pacing = Pacing.Initial;
        for (var i = 0; i < 100; i++) pacing = pacing.AfterClean(afterSave: false);
        Assert.Equal(Pacing.ShortestGuard, pacing.Guard);
    }

    [Fact]
    public void Clean_objects_never_shorten_the_guard_below_its_last_loss_plus_a_tenth()
    {
        var pacing = Pacing.Initial.AfterShort(afterSave: false, lost: 1);
        for (var i = 0; i < 100; i++) pacing = pacing.AfterClean(afterSave: false);
        Assert.Equal(110, pacing.Guard.TotalMilliseconds, 3);
    }

    [Fact]
    public void Losses_without_end_stop_at_the_longest_guard_and_the_smallest_burst()
    {
        var pacing = Pacing.Initial;
        for (var i = 0; i < 50; i++) pacing = pacing.AfterShort(afterSave: i % 2 == 0, lost: 5);
        Assert.Equal((Pacing.LongestGuard, Pacing.LongestGuard), (pacing.Guard, pacing.GuardAfterSave));
        Assert.Equal((4, 4), (pacing.Burst, pacing.BurstAfterSave));
    }

    [Fact]
    public void Two_short_objects_are_a_slow_flash_whose_guards_are_hardly_shortened()
    {
        var pacing = Pacing.Initial.AfterShort(afterSave: false, lost: 2).AfterShort(afterSave: false, lost: 2);
        Assert.Equal(Ms(400), pacing.Guard);
        for (var i = 0; i < 100; i++) pacing = pacing.AfterClean(afterSave: false);
        Assert.Equal(352, pacing.Guard.TotalMilliseconds, 3);
        Assert.Equal(1200, pacing.GuardAfterSave.TotalMilliseconds, 3);
    }

    private static int Interval(double? secondsBetweenDrops, double observedSeconds, int rest = 1000, int limit = 16) => SaveInterval.Objects(
        Ms(240), Ms(150), secondsBetweenDrops is { } s ? TimeSpan.FromSeconds(s) : null, TimeSpan.FromSeconds(observedSeconds), limit, rest);

    /// <summary>An image without end in sight: sqrt(2 x 0.24 s x 6 s) are 11.3 objects of 0.15 s.</summary>
    [Theory]
    [InlineData(7.5, 12, 13)]
    [InlineData(2.0, 6, 7)]
    [InlineData(0.1, 4, 4)]
    public void The_save_interval_follows_the_drops_seen(double secondsBetweenDrops, int least, int most) =>
        Assert.InRange(Interval(secondsBetweenDrops, observedSeconds: 600), least, most);

    [Fact]
    public void While_nothing_was_observed_the_limit_holds() => Assert.Equal(16, Interval(null, 0));

    [Fact]
    public void An_image_is_cut_into_equal_parts()
    {
        Assert.Equal(12, Interval(null, 0, rest: 48, limit: 13));
        Assert.Equal(16, Interval(null, 0, rest: 50)); // the limit is not passed
        Assert.Equal(18, Interval(null, 0, rest: 18)); // behind the last save so little is left that another would cost more than it gives
    }

    [Fact]
    public void Drops_that_prove_rare_make_saves_not_worth_it()
    {
        Assert.Equal(50, Interval(null, 100, rest: 50));
        Assert.Equal(50, Interval(600, 3600, rest: 50));
        Assert.InRange(Interval(20, 3600, rest: 50), 20, 25);
    }

    [Fact]
    public void A_long_image_is_saved_all_the_same_where_a_short_one_is_not()
    {
        Assert.Equal(50, Interval(300, 3600, rest: 50));
        Assert.InRange(Interval(300, 3600, rest: 1000), 70, 90);
    }
}
