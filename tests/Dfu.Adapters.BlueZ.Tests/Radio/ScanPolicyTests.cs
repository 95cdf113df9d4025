using Dfu.Adapters.BlueZ.Radio;

namespace Dfu.Adapters.BlueZ.Tests.Radio;

public sealed class ScanPolicyTests
{
    private static readonly RadioLoad Idle = new(0, Scans: true);
    private static readonly RadioLoad Busy = new(1, Scans: true, Links: 2);
    private static readonly RadioLoad Busier = new(2, Scans: true, Links: 5);

    [Fact]
    public void An_adapter_without_links_scans_all_the_time() => Assert.Equal(ScanDuty.Always, Duty(Idle, Busy));

    [Fact]
    public void An_adapter_with_links_leaves_it_to_an_idle_one()
    {
        Assert.Equal(ScanDuty.Off, Duty(Busy, Idle));
        Assert.Equal(0, ScanPolicy.ScoutOf([Busier, Idle, Busy]));
    }

    [Fact]
    public void Where_all_have_links_the_one_with_the_fewest_scans_in_windows()
    {
        Assert.Equal(ScanDuty.Windows, Duty(Busy, Busier));
        Assert.Equal(ScanDuty.Off, Duty(Busier, Busy));
        Assert.Equal(ScanDuty.Windows, Duty(Busier));
    }

    [Fact]
    public void Nobody_scans_while_it_connects_and_another_is_scout_meanwhile()
    {
        var connecting = Idle with { Connecting = true };
        Assert.Equal(ScanDuty.Off, Duty(connecting, Busy));
        Assert.Equal(ScanDuty.Windows, Duty(Busy, connecting));
        Assert.Null(ScanPolicy.ScoutOf([connecting]));
    }

    [Fact]
    public void Nobody_scans_whom_nobody_listens_to()
    {
        var unheard = Idle with { Scans = false };
        Assert.Equal(ScanDuty.Off, Duty(unheard));
        Assert.Equal(ScanDuty.Windows, Duty(Busy, unheard));
    }

    [Fact]
    public void A_connect_that_looks_for_its_device_listens_to_everything()
    {
        Assert.Equal(ScanDuty.Seek, Duty(Busier with { Connecting = true, Seeks = true }, Idle));
        Assert.Equal((ScanStep.Everything, Timeout.InfiniteTimeSpan), ScanPolicy.StepOf(ScanDuty.Seek, TimeSpan.FromHours(1)));
    }

    [Theory]
    [InlineData(0, 1, 4000)]
    [InlineData(3999, 1, 1)]
    [InlineData(4000, 2, 2000)]
    [InlineData(6000, 1, 4000)]
    [InlineData(6_000_005_999, 2, 1)]
    public void A_scan_alternates_between_dfu_devices_and_everything(long at, int step, int rest) =>
        Assert.Equal(((ScanStep)step, TimeSpan.FromMilliseconds(rest)), ScanPolicy.StepOf(ScanDuty.Always, TimeSpan.FromMilliseconds(at)));

    [Fact]
    public void Windows_leave_three_quarters_of_the_time_to_links_and_hear_everything_in_turn()
    {
        var seconds = Enumerable.Range(0, 24).Select(static s => ScanPolicy.StepOf(ScanDuty.Windows, TimeSpan.FromSeconds(s)).Step).ToArray();
        Assert.Equal(18, seconds.Count(static s => s == ScanStep.Off));
        Assert.Equal(4, seconds.Count(static s => s == ScanStep.Dfu));
        Assert.Equal(2, seconds.Count(static s => s == ScanStep.Everything));
    }

    [Fact]
    public void Connects_one_after_another_do_not_keep_the_windows_from_coming()
    {
        // Free for half a second every two.
        var (windows, heard, listened) = (0, new HashSet<ScanStep>(), TimeSpan.Zero);
        for (var now = TimeSpan.Zero; now < TimeSpan.FromMinutes(2); now += TimeSpan.FromSeconds(2))
        {
            var (step, _) = ScanPolicy.StepOf(ScanDuty.Windows, ScanPolicy.ResumeAt(ScanDuty.Windows, windows, now - listened));
            if (step == ScanStep.Off) continue;
            (windows, listened) = (windows + 1, now);
            heard.Add(step);
        }

        Assert.InRange(windows, 12, 20);
        Assert.Equal([ScanStep.Dfu, ScanStep.Everything], heard.Order());
    }

    [Fact]
    public void What_the_scout_hears_the_others_hear_and_not_the_other_way_round()
    {
        var room = new ScanRoom();
        List<string> heard = [];
        using var scout = room.Join(static () => { }, _ => heard.Add("scout"));
        using var other = room.Join(static () => { }, _ => heard.Add("other"));
        scout.Update(static load => load with { Scans = true });
        other.Update(static load => load with { Scans = true, Links = 1 });

        scout.Hear(default);
        Assert.Equal(["scout", "other"], heard);
        other.Hear(default);
        Assert.Equal(["scout", "other", "other"], heard);
    }

    [Fact]
    public void Everybody_in_the_room_is_told_when_a_duty_may_have_changed()
    {
        var room = new ScanRoom();
        var told = 0;
        using var first = room.Join(() => told++, static _ => { });
        using var second = room.Join(static () => { }, static _ => { });
        first.Update(static load => load with { Scans = true, Links = 1 });
        Assert.Equal((1, ScanDuty.Windows), (told, first.Duty));
        second.Update(static load => load with { Scans = true });
        Assert.Equal((2, ScanDuty.Off), (told, first.Duty));
        second.Update(static load => load);
        Assert.Equal(2, told);
        second.Dispose();
        Assert.Equal((3, ScanDuty.Windows), (told, first.Duty));
    }

    private static ScanDuty Duty(RadioLoad self, params RadioLoad[] others) => ScanPolicy.DutyOf(self, [.. others, self]);
}
