using Dfu.Cli.Campaigns;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Plans;
using Dfu.Protocol.Errors;

namespace Dfu.Cli.Tests.Campaigns;

public sealed class CampaignSheetTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 30, 16, 30, 0, TimeSpan.FromHours(1));

    private static CampaignStanding Standing => new()
    {
        Id = "1a22aa7a13b-55227b3e",
        PackageId = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0",
        Name = "Week 48",
        CreatedAt = new(2026, 11, 30, 7, 12, 0, TimeSpan.Zero),
        Devices = 600,
        Updated = 412,
        Failed = 3,
    };

    public static TheoryData<CampaignStanding, string, string> States => new()
    {
        { Standing, "running", "running" },
        { Standing with { Collecting = true }, "listening", "listening" },
        { Standing with { Outcome = CampaignOutcome.Succeeded, Updated = 600 }, "all updated", "succeeded" },
        { Standing with { Outcome = CampaignOutcome.Succeeded }, "updated as many as asked", "succeeded" },
        { Standing with { Outcome = CampaignOutcome.Failed }, "3 of 600 failed", "failed" },
        { Standing with { Outcome = CampaignOutcome.Failed, Devices = 0, Failed = 0 }, "no device found", "failed" },
        { Standing with { Outcome = CampaignOutcome.Failed, Failed = 0, Cancelled = 188 }, "188 of 600 cancelled", "failed" },
        { Standing with { Outcome = CampaignOutcome.Failed, CancelRequested = true }, "cancelled, 412 updated", "cancelled" },
        { Standing with { CancelRequested = true }, "being cancelled", "cancelling" },
        { Held(HoldReason.Paused, "paused by anna@station-1; what is under way is finished"), "paused by anna@station-1", "paused" },
        { Held(HoldReason.NotStarted, "", 2), "starts at 18:30", "notStarted" },
        { Held(HoldReason.OutsideWindow, "", 14), "opens at Dec 1 06:30", "outsideWindow" },
        { Held(HoldReason.OutsideWindow, "no window opens before its end"), "outside its windows", "outsideWindow" },
        { Held(HoldReason.Failures, ""), "stopped: 3 of 600 failed", "failures" },
        { Held(HoldReason.TooFewUpdated, ""), "too few updated to go on", "tooFewUpdated" },
        { Held(HoldReason.Approval, "") with { Groups = [Group("1", true), Group("2", false)] }, "waits for approval of group 2", "approval" },
        { Held(HoldReason.Approval, "") with { Groups = [Group("a", true), Group("rest", false)] }, "waits for approval of rest", "approval" },
    };

    [Theory]
    [MemberData(nameof(States))]
    public void A_state_is_said_in_a_few_words_and_in_one(CampaignStanding standing, string words, string word) =>
        Assert.Equal((words, word), (CampaignWords.State(standing, Now), CampaignStateCode.Of(standing)));

    [Theory]
    [InlineData(200)]
    [InlineData(80)]
    [InlineData(60)]
    public void A_table_fits_where_it_is_shown(int width)
    {
        var held = Held(HoldReason.Paused, "paused by anna-katharina@station-in-hall-17; more") with { Name = "Temperature sensors, 設置 week 48 [beta]" };
        var lines = CampaignTable.Lines([("1a22aa7a13b", held), ("1a22aa00000", Standing)], Now, width).Select(Spectre.Console.Markup.Remove).ToArray();
        Assert.Equal(3, lines.Length);
        Assert.All(lines, line => Assert.True(new Spectre.Console.Rendering.Segment(line).CellCount() <= width, line));
        Assert.EndsWith("412/600       3  08:12", lines[1], StringComparison.Ordinal);
        Assert.Equal(lines[1].Contains('…', StringComparison.Ordinal), width < 200);
    }

    [Fact]
    public void A_campaign_is_shown_with_what_it_waits_for_and_who_needs_somebody()
    {
        var label = new TargetLabel(Views.Address(3)) { Serial = "SN-17", Label = "red" };
        var failed = Enumerable.Range(3, 25).Select(i => Views.Failed(i, DfuError.LinkLost, "gone") with { Label = i == 3 ? label : null });
        var view = Views.Campaign(CampaignOutcome.Running, failed.Prepend(Views.Updated(1)));
        var standing = Held(HoldReason.Failures, "25 of 600 devices failed", 0) with
        {
            Groups = [new("canary", 10, 9, 1, 0, true), new("rest", 590, 0, 0, 0, false)],
        };
        var (console, written) = Views.Recorder(100);
        CampaignSheet.Write(console, standing, view, "1a22aa7a13b", Now, all: false);
        var text = written.ToString();
        Assert.Contains("Week 48: stopped: 3 of 600 failed", text, StringComparison.Ordinal);
        Assert.Contains("dfu campaign resume 1a22aa7a13b", text, StringComparison.Ordinal);
        Assert.Contains("canary  9 of 10 updated, 1 failed", text, StringComparison.Ordinal);
        Assert.Contains("rest    590 devices, not begun", text, StringComparison.Ordinal);
        Assert.Contains("25 failed", text, StringComparison.Ordinal);
        Assert.Contains("25 units to look after, then dfu campaign retry 1a22aa7a13b", text, StringComparison.Ordinal);
        Assert.Contains($"{Views.Address(3)}  SN-17 red  linkLost  gone", text, StringComparison.Ordinal);
        Assert.Equal(20, written.Lines().Count(line => line.Contains("linkLost  gone", StringComparison.Ordinal)));
        Assert.Contains("and 5 more; --devices shows all", text, StringComparison.Ordinal);

        (console, written) = Views.Recorder(100);
        CampaignSheet.Write(console, standing, view, "1a22aa7a13b", Now, all: true);
        Assert.Equal(25, written.Lines().Count(line => line.Contains("linkLost  gone", StringComparison.Ordinal)));
        var first = $"  {Views.Address(1)}";
        Assert.Contains(written.Lines(), line => line.StartsWith(first, StringComparison.Ordinal) && line.Contains("updated", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("18:00", "2026-11-30T18:00+01:00")]
    [InlineData("06:00", "2026-12-01T06:00+01:00")]
    [InlineData("16:30", "2026-12-01T16:30+01:00")]
    public void A_time_of_day_is_the_next_one_to_come(string text, string moment)
    {
        var zone = TimeZoneInfo.CreateCustomTimeZone("one", TimeSpan.FromHours(1), "one", "one");
        var given = DateTime.MinValue + TimeSpan.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(DateTimeOffset.Parse(moment, System.Globalization.CultureInfo.InvariantCulture), PlanOptions.At(given, Now, zone));
    }

    private static GroupView Group(string name, bool open) => new(name, 9, 0, 0, 0, open);

    private static CampaignStanding Held(HoldReason reason, string detail, double? hours = null) =>
        Standing with { Holds = [new(reason, detail, hours is { } after ? Now.AddHours(after) : null)] };
}
