using Dfu.Fleet.Campaigns;
using static Dfu.Fleet.Tests.Campaigns.CampaignSteps;

namespace Dfu.Fleet.Tests.Campaigns;

/// <summary>What a campaign keeps of its runs, probes and devices, each in its place.</summary>
public sealed class CampaignBookkeepingTests
{
    private static readonly CampaignState Third = New(1) with
    {
        Run = 3,
        Seconds = 40,
        EarlierSeconds = 10,
        CollectingSince = At(3),
        LastFound = At(4),
        Prober = new(Device(1), 2),
    };

    [Fact]
    public void A_new_run_keeps_the_time_of_those_before_and_nothing_else_of_them()
    {
        var next = CampaignMachine.Apply(Third, new CampaignEvent.RunStarted(4, At(50)), Policy).Next;
        Assert.Equal((4, At(50), 40.0), (next.Run, next.RunStartedAt, next.EarlierSeconds));
        Assert.Null(next.CollectingSince);
        Assert.Null(next.LastFound);
        Assert.Null(next.Prober);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(2)]
    public void A_run_that_began_before_does_not_begin_again(int run)
    {
        var next = CampaignMachine.Apply(Third, new CampaignEvent.RunStarted(run, At(50)), Policy).Next;
        Assert.Equal((3, T0, 10.0), (next.Run, next.RunStartedAt, next.EarlierSeconds));
    }

    [Fact]
    public void An_order_is_carried_out_once_whenever_it_comes()
    {
        var random = new Random(7);
        for (var round = 0; round < 200; round++)
        {
            var (state, carriedOut) = (New(1), new List<int>());
            foreach (var order in Enumerable.Range(0, 40).Select(_ => random.Next(1, 12)))
            {
                Assert.Equal(carriedOut.Contains(order), state.IsCarriedOut(order));
                if (carriedOut.Contains(order)) continue;
                carriedOut.Add(order);
                state = Apply(state, new CampaignEvent.TakenUp(0, At(1)) { Order = order });
            }

            Assert.Equal(state.LastOrder - carriedOut.Count, state.MissedOrders.Length);
        }
    }

    [Fact]
    public void An_order_from_before_they_were_counted_is_carried_out_and_a_new_one_is_not()
    {
        Assert.True(New(1).IsCarriedOut(0));
        Assert.False(New(1).IsCarriedOut(1));
    }

    [Fact]
    public void An_order_for_a_campaign_that_has_nothing_to_do_is_remembered_and_changes_nothing()
    {
        var over = Apply(New(1), Ended(1));
        var asked = Apply(over, new CampaignEvent.TakenUp(0, At(9)) { Order = 1, Limits = new() { MaxAttempts = 2 } });
        Assert.Equal(over with { LastOrder = 1, MissedOrders = asked.MissedOrders }, asked);
    }

    [Fact]
    public void That_applications_say_what_they_are_is_known_until_one_says_nothing()
    {
        var told = Apply(New(1), new CampaignEvent.ApplicationTold(true));
        Assert.True(told.ApplicationTells);
        Assert.Same(told, Apply(told, new CampaignEvent.ApplicationTold(true)));
        Assert.False(Apply(told, new CampaignEvent.ApplicationTold(false)).ApplicationTells);
    }

    [Fact]
    public void A_probe_ends_by_its_own_attempt_only()
    {
        Assert.NotNull(Apply(Third, new CampaignEvent.ProbeEnded(Device(1), 1)).Prober);
        Assert.NotNull(Apply(Third, new CampaignEvent.ProbeEnded(Device(2), 2)).Prober);
        Assert.Null(Apply(Third, new CampaignEvent.ProbeEnded(Device(1), 2)).Prober);
    }

    [Fact]
    public void Of_an_address_that_is_another_devices_nothing_is_left_but_that_it_is_gone()
    {
        var one = Device(1);
        var state = New(1, 2);
        state = state with { Retrying = state.Retrying.Add(one, 1), Forgiven = state.Forgiven.Add(one), Restarting = state.Restarting.Add(one) };
        var next = Apply(state, new CampaignEvent.SameDevice(one, Device(2)));
        Assert.Equal(Device(2), Assert.Single(next.Devices));
        Assert.Contains(one, next.Gone);
        Assert.Empty(next.Retrying);
        Assert.Empty(next.Forgiven);
        Assert.Empty(next.Restarting);
    }
}
