using System.Globalization;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Plans;
using static Dfu.Fleet.Tests.Campaigns.CampaignSteps;

namespace Dfu.Fleet.Tests.Campaigns;

/// <summary>When devices may begin, by the clock on the wall.</summary>
public sealed class OpeningsTests
{
    private static DateTimeOffset Utc(string text) => DateTimeOffset.Parse(text + "Z", CultureInfo.InvariantCulture);

    private static TimeWindow Window(string from, string to, params DayOfWeek[] days) =>
        new() { From = TimeOnly.Parse(from, CultureInfo.InvariantCulture), To = TimeOnly.Parse(to, CultureInfo.InvariantCulture), Days = [.. days] };

    private static void Check(CampaignSchedule schedule, string wall, Closed why, string? until) =>
        Assert.Equal(new Opening(why, until is null ? null : Utc(until)), Openings.At(schedule, Utc(wall)));

    [Fact]
    public void Nothing_begins_before_the_start_nor_after_the_end()
    {
        var schedule = new CampaignSchedule { Start = Utc("2026-03-01 08:00"), End = Utc("2026-03-01 16:00") };
        Check(schedule, "2026-03-01 07:59:59", Closed.NotStarted, "2026-03-01 08:00");
        Check(schedule, "2026-03-01 08:00", Closed.No, "2026-03-01 16:00");
        Check(schedule, "2026-03-01 16:00", Closed.Ended, null);
        Check(new(), "2026-03-01 16:00", Closed.No, null);
    }

    [Fact]
    public void A_window_over_midnight_belongs_to_the_day_on_which_it_begins()
    {
        var schedule = new CampaignSchedule { Windows = [Window("22:00", "06:00", DayOfWeek.Friday)] };
        Check(schedule, "2026-03-06 21:59", Closed.OutsideWindow, "2026-03-06 22:00"); // a Friday
        Check(schedule, "2026-03-06 22:00", Closed.No, "2026-03-07 06:00");
        Check(schedule, "2026-03-07 05:59", Closed.No, "2026-03-07 06:00");
        Check(schedule, "2026-03-07 06:00", Closed.OutsideWindow, "2026-03-13 22:00");
        Check(schedule, "2026-03-05 23:00", Closed.OutsideWindow, "2026-03-06 22:00");
    }

    [Fact]
    public void Windows_that_touch_are_one_and_a_day_from_midnight_to_midnight_is_whole()
    {
        var night = new CampaignSchedule { Windows = [Window("22:00", "00:00"), Window("00:00", "06:00")] };
        Check(night, "2026-03-06 23:00", Closed.No, "2026-03-07 06:00");
        var sundays = new CampaignSchedule { Windows = [Window("00:00", "00:00", DayOfWeek.Sunday)] };
        Check(sundays, "2026-03-08 12:00", Closed.No, "2026-03-09 00:00");
        Check(sundays, "2026-03-09 00:00", Closed.OutsideWindow, "2026-03-15 00:00");
        Check(sundays with { End = Utc("2026-03-10 00:00") }, "2026-03-09 00:00", Closed.OutsideWindow, null);
    }

    [Fact]
    public void Windows_are_of_the_local_time_on_both_sides_of_a_jump()
    {
        var schedule = new CampaignSchedule { Zone = "Europe/Berlin", Windows = [Window("22:00", "06:00")] };
        Check(schedule, "2026-01-15 21:00", Closed.No, "2026-01-16 05:00");
        Check(schedule, "2026-07-15 20:00", Closed.No, "2026-07-16 04:00");
        Check(schedule, "2026-07-15 19:59", Closed.OutsideWindow, "2026-07-15 20:00");
        Check(schedule, "2026-03-28 22:00", Closed.No, "2026-03-29 04:00"); // seven hours
        Check(schedule, "2026-10-24 21:00", Closed.No, "2026-10-25 05:00"); // nine hours
    }

    [Fact]
    public void A_time_that_is_left_out_is_the_jump_and_one_that_comes_twice_makes_the_window_longer()
    {
        var spring = new CampaignSchedule { Zone = "Europe/Berlin", Windows = [Window("02:30", "03:30")] };
        Check(spring, "2026-03-29 00:59", Closed.OutsideWindow, "2026-03-29 01:00");
        Check(spring, "2026-03-29 01:00", Closed.No, "2026-03-29 01:30");
        Check(spring with { Windows = [Window("02:10", "02:50")] }, "2026-03-29 01:00", Closed.OutsideWindow, "2026-03-30 00:10");
        var autumn = new CampaignSchedule { Zone = "Europe/Berlin", Windows = [Window("02:15", "02:45")] };
        Check(autumn, "2026-10-25 00:14", Closed.OutsideWindow, "2026-10-25 00:15");
        Check(autumn, "2026-10-25 00:15", Closed.No, "2026-10-25 01:45");
        Check(autumn, "2026-10-25 01:45", Closed.OutsideWindow, "2026-10-26 01:15");
    }

    [Fact]
    public void A_campaign_is_held_outside_its_windows_and_by_itself_goes_on_within()
    {
        var plan = new CampaignPlan { Schedule = new() { Start = At(100), Windows = [Window("00:05", "00:10")] } };
        var state = Planned(plan, 1, 2);
        Assert.Equal(new CampaignHold(HoldReason.NotStarted, "it starts 2026-01-01 00:01 UTC", At(100)), Assert.Single(state.Holds));
        Assert.Same(state, CampaignMachine.Apply(state, Tick(99), Policy).Next);
        state = Apply(state, Tick(100));
        Assert.Equal(new CampaignHold(HoldReason.OutsideWindow, "its next window opens 2026-01-01 00:05 UTC", At(300)), Assert.Single(state.Holds));
        state = Apply(state, Tick(300));
        Assert.Empty(state.Holds);
        Assert.True(Apply(state, Tick(600)).IsHeld);
        Assert.Equal(
            ["campaignCreated", "windowClosed", "windowClosed", "windowOpened"], Apply(state, Tick(599)).News.Select(static entry => entry.Action));
    }

    [Fact]
    public void A_clock_that_is_set_opens_and_closes_and_fails_nobody()
    {
        var state = Planned(new() { Schedule = new() { Windows = [Window("00:00", "00:10")] } }, 1);
        var ahead = Apply(state, new CampaignEvent.Tick(At(1)) { Wall = At(5_000) });
        Assert.True(ahead.IsHeld);
        var back = Apply(ahead, new CampaignEvent.Tick(At(2)) { Wall = At(2) });
        Assert.False(back.IsHeld);
        Assert.Empty(back.Results);
        Assert.Same(back, CampaignMachine.Apply(back, new CampaignEvent.Tick(At(1)) { Wall = At(5_000) }, Policy).Next);
    }

    [Fact]
    public void At_its_end_what_has_not_begun_is_cancelled_and_nothing_is_tried_again_after_it()
    {
        var state = Apply(Planned(new() { Schedule = new() { End = At(60) } }, 1, 2, 3), Ended(1), Tick(60));
        Assert.True(state is { Closing: true, CancelRequested: false });
        Assert.Equal(
            "Its end, 2026-01-01 00:01 UTC, has come with 2 devices left: those at work are finished, the others are cancelled.", Assert.Single(state.Notices));
        var over = Apply(state, Ended(2), Ended(3, Dfu.Fleet.Devices.DeviceOutcome.Cancelled), Tick(61));
        Assert.Equal((CampaignOutcome.Failed, CampaignStage.Finished), (over.Outcome, over.Stage));
        Assert.StartsWith("its end has come", CampaignControls.Judge(over, Control(CampaignControlKind.Retry), At(62)).Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Sensor*", "Lamp*", false)]
    [InlineData("Sensor*", "*or 7", true)]
    [InlineData("Sensor ?", "Sensor ??", false)]
    [InlineData("S*", "*", true)]
    [InlineData("", "*", true)]
    [InlineData("", "?", false)]
    [InlineData("a*b*c", "a?c", true)]
    [InlineData("a*b*c", "ac", false)]
    [InlineData("a*b*c", "a??c", true)]
    [InlineData("*a*", "*b*", true)]
    [InlineData("x*a", "x*b", false)]
    [InlineData("Unit-1?", "Unit-?2", true)]
    public void Two_patterns_are_in_each_others_way_only_when_a_name_may_match_both(string a, string b, bool both)
    {
        Assert.Equal(both, Dfu.Fleet.Identity.Globs.MayMatchTheSame(a, b));
        Assert.Equal(both, Dfu.Fleet.Identity.Globs.MayMatchTheSame(b, a));
    }
}
