using Dfu.Cli.Progress;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;

namespace Dfu.Cli.Tests.Progress;

public sealed class PlainProgressTests : IDisposable
{
    private readonly StringWriter _written = new() { NewLine = "\n" };

    public void Dispose() => _written.Dispose();

    [Fact]
    public void The_state_is_one_plain_line()
    {
        new PlainProgress(_written, new ProgressTitle("x")).State(
            Views.Campaign(CampaignOutcome.Running, Views.Updated(1), Views.Device(2, DevicePhase.Sending, 102_400)),
            51_200,
            65);
        Assert.Equal("dfu: 1 of 2 updated, 1 active, 0 waiting, 300.0 KiB of 400.0 KiB, 50.0 KiB/s, 1:05 left", Assert.Single(_written.Lines()));
    }

    [Fact]
    public void A_feed_listens_until_somebody_came_and_says_then_what_it_does()
    {
        var progress = new PlainProgress(_written, new ProgressTitle("x"));
        var before = Views.Campaign(CampaignOutcome.Running, Views.Device(1, DevicePhase.Queued)) with { Collecting = true };
        progress.State(before, 0, null);
        progress.State(before with { Devices = [Views.Updated(1), Views.Device(2, DevicePhase.Queued)] }, 0, null);
        Assert.Equal(["dfu: listening, 1 device so far", "dfu: 1 of 2 updated, 0 active, 1 waiting, 200.0 KiB of 400.0 KiB"], _written.Lines());
    }

    [Fact]
    public void What_waits_for_somebody_has_no_time_left()
    {
        var view = Views.Campaign(CampaignOutcome.Running, Views.Updated(1), Views.Device(2, DevicePhase.Queued));
        new PlainProgress(_written, new ProgressTitle("x")).State(view, 0, 65);
        Assert.Equal("dfu: 1 of 2 updated, 0 active, 1 waiting, 200.0 KiB of 400.0 KiB", Assert.Single(_written.Lines()));
    }

    [Fact]
    public void A_cluster_that_does_not_answer_is_said_instead_of_an_old_state()
    {
        var view = Views.Campaign(CampaignOutcome.Running, Views.Updated(1)) with { NoAnswerFor = TimeSpan.FromSeconds(12.4) };
        new PlainProgress(_written, new ProgressTitle("x")).State(view, 51_200, 65);
        Assert.Equal("dfu: no answer from the cluster for 12 s", Assert.Single(_written.Lines()));
    }

    [Fact]
    public void News_is_told_once()
    {
        var progress = new PlainProgress(_written, new ProgressTitle("x"));
        var before = Views.Campaign(CampaignOutcome.Running, Views.Device(1, DevicePhase.Sending));
        var after = Views.Campaign(CampaignOutcome.Running, Views.Failed(1, DfuError.NotHeard, "last heard never")) with
        {
            Notices = ["saves nothing"],
            Adapters = [before.Adapters[0] with { Status = AdapterStatus.Recovering, Detail = "cable" }],
        };

        progress.News(before);
        progress.News(after);
        progress.News(after);
        progress.News(before);

        Assert.Equal(
            [
                "dfu: note: saves nothing",
                "dfu: C0:98:76:54:00:02 failed, notHeard: No adapter heard the device for as long as --patience allows. (last heard never)",
                "dfu: adapter sim:1 is recovering: cable",
                "dfu: adapter sim:1 is ready",
            ],
            _written.Lines());
    }
}
