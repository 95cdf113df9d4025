using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Telemetry;

namespace Dfu.Fleet.Tests.Telemetry;

/// <summary>Engines of other tests add to the same gauges: what they might say too is told apart by its size, or by the adapter's name.</summary>
public sealed class FleetGaugesTests
{
    [Fact]
    public void Nobody_is_asked_unless_somebody_collects_nor_when_it_is_gone()
    {
        var asked = 0;
        using var heard = new Heard(null);
        var gauges = FleetGauges.Add(() =>
        {
            asked++;
            return new FleetReading { Waiting = 1_000_000 };
        });
        Assert.Equal(0, asked);
        heard.Collect();
        Assert.InRange(asked, 1, 9); // other tests collect too
        Assert.InRange(Assert.Single(heard.All("dfu.queue.length")).Value, 1_000_000, 1_100_000);

        gauges.Dispose();
        var before = asked;
        heard.Collect();
        Assert.Equal(before, asked);
        Assert.All(heard.All("dfu.queue.length"), one => Assert.InRange(one.Value, 0, 100_000));
    }

    [Fact]
    public void An_adapter_has_one_status_and_no_other_and_says_nothing_when_it_is_gone()
    {
        using var heard = new Heard("gauged");
        var status = AdapterStatus.Ready;
        using (FleetGauges.Add(() => new FleetReading { Adapters = [new("gauged:1", status, 3, 5, 1234.5)] }))
        using (FleetGauges.Add(() => new FleetReading { Adapters = [new("gauged:2", AdapterStatus.Quarantined, 0, 1, 0)] }))
        {
            heard.Collect();
            Assert.Equal(["gauged:1 ready", "gauged:2 quarantined"], Statuses(heard));
            Assert.Equal(2 * Enum.GetValues<AdapterStatus>().Length, heard.All("dfu.adapter.count").Count);
            Assert.Equal(3, heard.Sum("dfu.adapter.slots.used", "dfu.adapter.id", "gauged:1"));
            Assert.Equal(5, heard.Sum("dfu.adapter.slots.limit", "dfu.adapter.id", "gauged:1"));
            Assert.Equal([1234.5, 0], heard.All("dfu.transfer.rate").OrderBy(static one => one.Tags["dfu.adapter.id"]).Select(static one => one.Value));

            status = AdapterStatus.Recovering;
            heard.Collect();
            Assert.Equal(["gauged:1 recovering", "gauged:2 quarantined"], Statuses(heard));
        }

        heard.Collect();
        Assert.Empty(heard.All("dfu.adapter.count").Concat(heard.All("dfu.adapter.slots.used")).Concat(heard.All("dfu.transfer.rate")));
    }

    [Fact]
    public void Campaigns_and_their_devices_are_summed_over_all_states_there_are()
    {
        using var heard = new Heard(null);
        using (FleetGauges.Add(static () => new FleetReading { Campaign = new("running", [1, 2, 3, 4, 5, 6], 7) }))
        using (FleetGauges.Add(static () => new FleetReading { Campaign = new("failures", [10, 20, 30, 40, 50, 60], 70) }))
        using (FleetGauges.Add(static () => new FleetReading { Overdue = 700 }))
        using (FleetGauges.Add(static () => null))
        {
            heard.Collect();
            Assert.Equal(CampaignStateCode.Open.Order(), heard.All("dfu.campaign.count").Select(static one => one.Tags["dfu.campaign.state"]!).Order());
            Assert.Equal((1, 1, 0), (Campaigns("running"), Campaigns("failures"), Campaigns("paused")));
            Assert.Equal(
                ["waiting 11", "updating 22", "updated 33", "alreadyCurrent 44", "failed 55", "cancelled 66"],
                heard.All("dfu.campaign.devices").Select(static one => $"{one.Tags["dfu.device.state"]} {one.Value}"));
            Assert.Equal(777, heard.Sum("dfu.device.stranded"));
        }

        heard.Collect();
        Assert.Equal(0, heard.Sum("dfu.campaign.count") + heard.Sum("dfu.campaign.devices") + heard.Sum("dfu.device.stranded"));

        long Campaigns(string state) => heard.Sum("dfu.campaign.count", "dfu.campaign.state", state);
    }

    [Fact]
    public void The_deadline_is_the_next_one_and_is_not_told_when_there_is_none()
    {
        using var heard = new Heard(null);
        heard.Collect();
        Assert.Empty(heard.All("dfu.deadline.slack"));
        using (FleetGauges.Add(static () => new FleetReading { Slack = TimeSpan.FromSeconds(90) }))
        using (FleetGauges.Add(static () => new FleetReading { Slack = TimeSpan.FromSeconds(7.5) }))
        {
            heard.Collect();
            Assert.Equal(7.5, Assert.Single(heard.All("dfu.deadline.slack")).Value);
        }

        heard.Collect();
        Assert.Empty(heard.All("dfu.deadline.slack"));
    }

    private static IEnumerable<string> Statuses(Heard heard) => heard.All("dfu.adapter.count").Where(static one => one.Value == 1)
        .Select(static one => $"{one.Tags["dfu.adapter.id"]} {one.Tags["dfu.adapter.status"]}").Order();
}
