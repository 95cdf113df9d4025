using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using static Dfu.Cluster.Tests.Devices.Given;

namespace Dfu.Cluster.Tests.Devices;

public sealed class DeviceJoinTests : DeviceShellBench
{
    [Fact]
    public void Joining_is_durable_before_a_slot_is_asked_for()
    {
        Assert.True(Shell.Join(Place(), false));
        Assert.True(Shell.SaveDue);
        Assert.Equal([new DeviceEffect.RequestSlot()], Commit());
        Assert.Equal((DevicePhase.Queued, Time.GetUtcNow()), (Stored.Phase, Stored.WaitingSince));
        Assert.True(Shell.Join(Place(), false));
        Assert.Empty(Commit());
        Assert.Equal(1, Saves);
    }

    [Fact]
    public void A_waiting_device_asks_again_and_sooner_while_its_campaign_is_not_known()
    {
        Shell.Join(Place(), false);
        Assert.Single(Commit());
        foreach (var pause in new[] { 0.25, 0.5, 1, 2, 2 })
        {
            Shell.Asked(known: false);
            Assert.Equal(TimeSpan.FromSeconds(pause), Shell.DueIn());
            Assert.Equal([new DeviceEffect.RequestSlot()], Tick(pause));
        }

        Shell.Asked(known: true);
        Assert.Equal(Times.Again, Shell.DueIn());
    }

    [Fact]
    public void An_outcome_is_reported_until_the_campaign_has_it()
    {
        Run();
        Shell.Report(Report(1, Ended(1)));
        Assert.Equal(new DeviceEffect.ReportOutcome(DeviceOutcome.Updated, DfuError.None), Assert.Single(Commit()));
        var outcome = State;
        Assert.Single(Tick(2));
        Assert.IsType<DeviceEffect.ReportOutcome>(Assert.Single(Activate()));
        Shell.Acknowledged(outcome);
        Assert.IsType<DeviceEffect.ReportOutcome>(Assert.Single(Tick(2)));
        Shell.Acknowledged(State);
        Assert.Null(Shell.DueIn());
        Assert.Empty(Tick(1000));
        Shell.Join(Place(), false);
        Assert.IsType<DeviceEffect.ReportOutcome>(Assert.Single(Commit()));
    }

    [Fact]
    public void Another_campaign_gets_the_device_when_the_first_is_done_with_it()
    {
        Run();
        Assert.False(Shell.Join(Place("c2"), false));
        Assert.Empty(Commit());
        Take(Report(1, Ended(1)));
        Shell.Acknowledged(State);
        Assert.True(Shell.Join(Place("c2"), false));
        Assert.Equal([new DeviceEffect.RequestSlot()], Commit());
        Assert.Equal(("c2", DevicePhase.Queued, Id.Bootloader), (Shell.Record!.Campaign, Stored.Phase, Stored.Bootloader));
        Shell.Cancel("c1");
        Assert.Equal(DevicePhase.Queued, State.Phase);
        Assert.True(Shell.Grant(Grant(Id)));
        Assert.False(Shell.Report(Report(1, Ended(1))));
        Assert.Equal((2, 1), (State.Attempt, State.EarlierAttempts));
    }

    [Fact]
    public void A_device_that_failed_is_tried_again_when_asked_and_no_other()
    {
        Run();
        Take(Report(1, Ended(1, DfuError.SignatureRefused)));
        Assert.Equal(DeviceOutcome.Failed, State.Outcome);
        Shell.Acknowledged(State);
        Shell.Join(Place(), false);
        Assert.IsType<DeviceEffect.ReportOutcome>(Assert.Single(Commit()));
        Shell.Join(Place(retries: 1), true);
        Assert.Equal([new DeviceEffect.RequestSlot()], Commit());
        Assert.Equal((DevicePhase.Queued, DeviceOutcome.Pending), (Stored.Phase, Stored.Outcome));
        Shell.Grant(Grant(Id));
        Take(Report(2, Ended(2, DfuError.SignatureRefused)));
        Shell.Join(Place(retries: 1), true);
        Assert.IsType<DeviceEffect.ReportOutcome>(Assert.Single(Commit()));
        Assert.Equal(DeviceOutcome.Failed, Stored.Outcome);
        Shell.Join(Place(retries: 2), true);
        Assert.Equal([new DeviceEffect.RequestSlot()], Commit());
        Shell.Grant(Grant(Id));
        Take(Report(3, Ended(3)));
        Shell.Join(Place(retries: 3), true);
        Assert.IsType<DeviceEffect.ReportOutcome>(Assert.Single(Commit()));
        Assert.Equal(DeviceOutcome.Updated, Stored.Outcome);
    }
}
