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

    [Theory]
    [InlineData(7.5, 12)]
    [InlineData(2.0, 6)]
    [InlineData(0.1, 4)]
    public void The_save_interval_follows_the_drops_seen(double secondsBetweenDrops, int objects)
    {
        Assert.Equal(objects, SaveInterval.Objects(Ms(240), Ms(150), TimeSpan.FromSeconds(secondsBetweenDrops), TimeSpan.FromSeconds(60), 16));
    }

    [Fact]
    public void Without_drops_the_limit_holds_until_there_is_evidence()
    {
        Assert.Equal(16, SaveInterval.Objects(Ms(240), Ms(150), null, TimeSpan.FromMinutes(10), 16));
        Assert.Equal(64, SaveInterval.Objects(Ms(240), Ms(150), null, TimeSpan.FromHours(2), 16));
    }

    [Fact]
    public void Rare_drops_do_not_pass_the_limit_before_an_hour_was_observed()
    {
        Assert.Equal(16, SaveInterval.Objects(Ms(240), Ms(150), TimeSpan.FromMinutes(30), TimeSpan.FromMinutes(30), 16));
        Assert.InRange(SaveInterval.Objects(Ms(240), Ms(150), TimeSpan.FromMinutes(2), TimeSpan.FromHours(2), 16), 17, 64);
    }
}
