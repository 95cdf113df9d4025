using Dfu.Cli.Progress;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Transfers;

namespace Dfu.Cli.Tests.Progress;

public sealed class SummaryTests
{
    private static readonly ProgressTitle Title = new("application 3, 200.0 KiB");

    [Fact]
    public void A_success_says_how_many_how_long_and_what_resume_saved()
    {
        var view = Views.Campaign(
            CampaignOutcome.Succeeded,
            Views.Updated(1).Resumed(73_728, 65_536, Diagnosis.BackAtSave),
            Views.Updated(2).Resumed(0, 0, Diagnosis.Fresh).Resumed(4096, 0, Diagnosis.Probe));

        Assert.Equal(
            [
                "",
                "  ✓ All 2 devices are updated, in 1 min 15 s.",
                "",
                "  Firmware  application 3, 200.0 KiB (0f1e2d3c4b5a)",
                "  Sent      412.0 KiB, of it 12.0 KiB a second time (2.9 %)",
                "  Speed     5.3 KiB/s over 1 adapter",
                "  Resume    1 transfer broke off and went on: 64.0 KiB kept, 12.0 KiB sent again. "
                    + "Starting over each time would have sent 76.0 KiB again, 6.3 times as much.",
                "  Report    r.csv",
            ],
            Written(view, ("Report", "r.csv")));
    }

    [Fact]
    public void A_feed_that_had_enough_says_what_was_left_over_and_who_is_followed_once()
    {
        var left = Views.Device(2, DevicePhase.Done, 0, DeviceOutcome.Cancelled) with { Error = DfuError.Cancelled };
        var lines = Written(Views.Campaign(CampaignOutcome.Succeeded, Views.Updated(1), left), "package 0f1e2d3c4b5a");

        Assert.Contains("  ✓ 1 device updated, as many as asked for, in 1 min 15 s.", lines);
        Assert.Contains("  Firmware     package 0f1e2d3c4b5a", lines);
        Assert.Contains(lines, line => line.StartsWith("  1 cancelled  cancelled: The update of this device was cancelled.", StringComparison.Ordinal));
    }

    [Fact]
    public void Failures_are_grouped_by_reason_with_what_to_do()
    {
        var view = Views.Campaign(
            CampaignOutcome.Failed,
            [
                Views.Updated(1),
                Views.Failed(2, DfuError.VersionRefused, "60 04 0b 05"),
                .. Enumerable.Range(3, 7).Select(number => Views.Failed(number, DfuError.NotHeard)),
            ]);

        var lines = Written(view);

        Assert.Contains("  ✗ 1 of 9 devices updated, 8 not, in 1 min 15 s.", lines);
        var first = Array.FindIndex(lines, line => line.StartsWith("  7 failed", StringComparison.Ordinal));
        Assert.Equal(
            "  7 failed  notHeard: No adapter heard the device for as long as --patience allows. "
                + "Power it, bring it nearer, or check its address; then run the same command again.",
            lines[first]);
        Assert.EndsWith("C0:98:76:54:00:0E and 2 more", lines[first + 1], StringComparison.Ordinal);
        Assert.StartsWith("  1 failed  versionRefused: The device runs this version or a newer one.", lines[first + 2], StringComparison.Ordinal);
        Assert.Equal("            60 04 0b 05", lines[first + 4]);
    }

    [Fact]
    public void Parts_that_were_there_already_are_said_and_for_how_many_devices()
    {
        const string Note = "bootloader 5 was there already, or a newer one";
        DeviceView[] devices = [Views.Updated(1) with { Passed = Note }, Views.Updated(2) with { Passed = Note }, Views.Updated(3)];
        Assert.Contains($"  Passed over  2 devices: {Note}.", Written(Views.Campaign(CampaignOutcome.Succeeded, devices)));
        Assert.Contains($"  Passed over  {Note}.", Written(Views.Campaign(CampaignOutcome.Succeeded, devices[0])));
    }

    [Fact]
    public void Devices_that_ran_the_package_already_count_and_are_said()
    {
        DeviceView[] current = [.. Enumerable.Range(1, 3).Select(n => Views.Updated(n) with { Outcome = DeviceOutcome.AlreadyCurrent, BytesSent = 0 })];
        var lines = Written(Views.Campaign(CampaignOutcome.Succeeded, [.. current, Views.Updated(4)]));
        Assert.Contains("  ✓ All 4 devices are updated, in 1 min 15 s.", lines);
        Assert.Contains("  Unchanged  3 devices already current and left alone; --force flashes them anyway", lines);
        Assert.Contains(
            "  Unchanged  1 device already current and left alone; --force flashes it anyway",
            Written(Views.Campaign(CampaignOutcome.Succeeded, current[0])));
    }

    [Fact]
    public void A_worn_device_is_named()
    {
        var worn = Views.Updated(1) with { LifetimeWear = new(50_000, 9_500, 300) };
        Assert.Contains(
            Written(Views.Campaign(CampaignOutcome.Succeeded, worn, Views.Updated(2))),
            line => line.StartsWith(
                $"  Wear      {worn.Application}: Updates have erased its bootloader's settings page 9,500 times", StringComparison.Ordinal));
    }

    [Fact]
    public void What_another_package_left_is_no_transfer_that_broke_off()
    {
        var view = Views.Campaign(CampaignOutcome.Succeeded, Views.Updated(1).Resumed(0, 0, Diagnosis.OtherUpdate));
        Assert.DoesNotContain(Written(view), line => line.Contains("kept", StringComparison.Ordinal));
    }

    [Fact]
    public void An_interruption_says_that_the_same_command_goes_on() =>
        Assert.Contains(
            "  ■ Interrupted: 1 of 2 devices updated, 1 unfinished, in 1 min 15 s. Everything confirmed is kept; the same command goes on from here.",
            Written(Views.Campaign(CampaignOutcome.Interrupted, Views.Updated(1), Views.Device(2, DevicePhase.Queued))));

    [Fact]
    public void An_interruption_before_any_device_was_known_says_that_nothing_was_begun()
    {
        var lines = Written(Views.Campaign(CampaignOutcome.Interrupted));
        Assert.Contains("  ■ Interrupted before any device was known; nothing was begun.", lines);
        Assert.DoesNotContain(lines, line => line.Contains("0 of 0", StringComparison.Ordinal));
    }

    [Fact]
    public void A_run_that_opens_no_adapter_still_names_those_that_did_the_work() =>
        Assert.Contains(
            "  Speed     5.3 KiB/s over 1 adapter",
            Written(Views.Campaign(CampaignOutcome.Succeeded, Views.Updated(1), Views.Updated(2)) with { Adapters = [] }));

    [Fact]
    public void Fewer_devices_than_were_asked_for_are_no_success_though_none_failed()
    {
        Assert.Contains(
            "  ✗ All 2 devices that could be found are updated, but more were asked for, in 1 min 15 s.",
            Written(Views.Campaign(CampaignOutcome.Failed, Views.Updated(1), Views.Updated(2))));
        Assert.Contains("  ✗ No device was found, in 1 min 15 s.", Written(Views.Campaign(CampaignOutcome.Failed)));
    }

    private static string[] Written(CampaignView view, params (string, string)[] extra) => Written(view, Title.Firmware, extra);

    private static string[] Written(CampaignView view, string firmware, params (string, string)[] extra)
    {
        var (console, written) = Views.Recorder(100);
        Summary.Write(console, view, new ProgressTitle(firmware), extra);
        return written.Lines();
    }
}
