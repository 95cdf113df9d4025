using Dfu.Protocol.Transfers;

namespace Dfu.Protocol.Tests.Transfers;

public sealed class PacingTests
{
    private static TimeSpan Ms(double ms) => TimeSpan.FromMilliseconds(ms);

    [Fact]
    public void A_short_object_lengthens_the_guard_and_shrinks_the_burst_by_what_was_lost()
    {
        var pacing = Pacing.Initial.AfterShort(afterSave: false, lost: 3);
        Assert.Equal((Ms(150), 12, Ms(100)), (pacing.Guard, pacing.Burst, pacing.LossGuard));
        Assert.Equal((Pacing.Initial.GuardAfterSave, Pacing.Initial.BurstAfterSave), (pacing.GuardAfterSave, pacing.BurstAfterSave));
    }

    [Fact]
    public void A_short_object_after_a_save_leaves_the_other_guard_alone()
    {
        var pacing = Pacing.Initial.AfterShort(afterSave: true, lost: 1);
        Assert.Equal((Ms(480), 10, Ms(100), 15), (pacing.GuardAfterSave, pacing.BurstAfterSave, pacing.Guard, pacing.Burst));
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
    public void The_flash_itself_says_how_long_a_guard_it_needs()
    {
        var pacing = Pacing.Initial.AfterShort(afterSave: false, held: 15, sent: 17, idle: Ms(400));
        Assert.Equal((Ms(400), 15), (pacing.Guard, pacing.Burst));
        Assert.Equal(960, pacing.GuardAfterSave.TotalMilliseconds, 3); // a save and an erase are three times an erase
    }

    [Fact]
    public void A_flash_that_was_slow_once_may_have_been_kept_and_its_guard_shortens_to_the_loss()
    {
        var pacing = Pacing.Initial.AfterShort(afterSave: false, held: 15, sent: 17, idle: TimeSpan.FromSeconds(3));
        Assert.Equal(400, pacing.Guard.TotalMilliseconds, 3);
        for (var i = 0; i < 100; i++) pacing = pacing.AfterClean(afterSave: false);
        Assert.Equal(110, pacing.Guard.TotalMilliseconds, 3);
    }

    [Fact]
    public void A_flash_that_was_slow_twice_keeps_a_guard_of_what_its_erase_takes()
    {
        var pacing = Pacing.Initial;
        for (var i = 0; i < 2; i++) pacing = (pacing with { Guard = Ms(200) }).AfterShort(afterSave: false, held: 15, sent: 17, idle: Ms(410));
        for (var i = 0; i < 100; i++) pacing = pacing.AfterClean(afterSave: false);
        Assert.Equal(328, pacing.Guard.TotalMilliseconds, 3);
    }

    [Fact]
    public void A_burst_that_found_no_room_shrinks_whatever_the_flash_says() =>
        Assert.Equal(12, Pacing.Initial.AfterShort(afterSave: false, held: 14, sent: 17, idle: Ms(400)).Burst);

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
