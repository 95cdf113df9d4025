using Dfu.Cli.Progress;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using Spectre.Console;

namespace Dfu.Cli.Tests.Progress;

public sealed class ProgressScreenTests
{
    private static readonly ProgressTitle Title = new("application 3, 200.0 KiB", "4 adapters");

    [Fact]
    public void A_frame_shows_the_campaign_its_adapters_and_every_device_at_work()
    {
        var view = Views.Campaign(
            CampaignOutcome.Running,
            Views.Updated(1), Views.Device(2, DevicePhase.Sending, 102_400), Views.Device(3, DevicePhase.Connecting), Views.Device(4, DevicePhase.Queued));

        Assert.Equal(
            [
                "  Updating  application 3, 200.0 KiB · 4 adapters",
                "  " + new string('━', 34) + new string('─', 56) + "  37 %",
                "  1 of 4 updated · 2 active · 1 waiting   300.0 KiB of 800.0 KiB · 50.0 KiB/s · 0:10 left",
                "  ● sim:1 2/3 12.8 KiB/s",
                "",
                "  C0:98:76:54:00:04  sending       ━━━━━━━━────────  100.0 KiB    6.4 KiB/s  sim:1",
                "  C0:98:76:54:00:06  connecting    ────────────────        0 B               sim:1",
            ],
            Frame(view, 100, 24, 51_200, 10));
    }

    [Fact]
    public void Failures_and_notices_stand_below_with_their_reason()
    {
        var view = Views.Campaign(CampaignOutcome.Running, Views.Failed(1, DfuError.VersionRefused), Views.Device(2, DevicePhase.Saving, 65_536)) with
        {
            Notices = ["this kind of bootloader saves nothing by itself"],
        };

        var frame = Frame(view, 100, 24);

        Assert.Contains("  0 of 2 updated · 1 failed · 1 active · 0 waiting   68.0 KiB of 204.0 KiB", frame);
        Assert.Contains("  ✗ C0:98:76:54:00:02  versionRefused  The device runs this version or a newer one.", frame);
        Assert.Equal("  ! this kind of bootloader saves nothing by itself", frame[^1]);
    }

    [Fact]
    public void A_long_notice_is_wrapped()
    {
        var view = Views.Campaign(CampaignOutcome.Running) with { Notices = [string.Join(' ', Enumerable.Repeat("words", 20))] };
        var frame = Frame(view, 60, 24);
        Assert.Equal("  ! words words words words words words words words words", frame[^3]);
        Assert.Equal("    words words", frame[^1]);
    }

    [Theory]
    [InlineData(80, 24)]
    [InlineData(40, 10)]
    [InlineData(200, 60)]
    public void Hundreds_of_devices_never_outgrow_the_terminal(int width, int height)
    {
        var devices = Enumerable.Range(0, 500).Select(number => (number % 5) switch
        {
            0 => Views.Updated(number),
            1 => Views.Failed(number, DfuError.NotHeard),
            2 => Views.Device(number, DevicePhase.Queued),
            _ => Views.Device(number, DevicePhase.Sending, number * 100),
        });

        var frame = Frame(Views.Campaign(CampaignOutcome.Running, devices), width, height);

        Assert.InRange(frame.Length, 5, height);
        Assert.All(frame, line => Assert.InRange(line.Length, 0, width));
        Assert.Contains(frame, line => line.EndsWith("more at work", StringComparison.Ordinal));
    }

    [Fact]
    public void Text_from_devices_and_adapters_cannot_draw()
    {
        var view = Views.Campaign(CampaignOutcome.Running, Views.Device(1, DevicePhase.Sending, 4096)) with
        {
            Adapters = [new AdapterView { Id = "bridge:[red]x", Status = AdapterStatus.Recovering, Detail = "[/] gone" }],
        };

        Assert.Contains(Frame(view, 100, 24), line => line.Contains("bridge:[red]x recovering: [/] gone", StringComparison.Ordinal));
    }

    [Fact]
    public void A_cluster_that_does_not_answer_is_said_above_the_last_that_is_known() =>
        Assert.Equal(
            "  ! no answer from the cluster for 12 s",
            Frame(Views.Campaign(CampaignOutcome.Running, Views.Updated(1)) with { NoAnswerFor = TimeSpan.FromSeconds(12.4) }, 80, 24)[1]);

    [Fact]
    public void While_targets_are_collected_it_says_that_it_listens() =>
        Assert.StartsWith(
            "  Listening for devices",
            Frame(Views.Campaign(CampaignOutcome.Running) with { Collecting = true }, 80, 24)[0],
            StringComparison.Ordinal);

    private static string[] Frame(CampaignView view, int width, int height, double rate = 0, double? left = null)
    {
        var (console, written) = Views.Recorder(width);
        console.Write(new ProgressScreen(view, Title, rate, left, height));
        return written.Lines();
    }
}
