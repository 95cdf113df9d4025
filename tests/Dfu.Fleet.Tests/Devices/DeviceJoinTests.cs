using Dfu.Fleet.Devices;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;
using static Dfu.Cluster.Tests.Devices.Given;

namespace Dfu.Fleet.Tests.Devices;

public sealed class DeviceJoinTests : DeviceShellBench
{
    [Fact]
    public void Joining_is_durable_before_a_slot_is_asked_for()
    {
        Assert.True(Shell.Join(Place()));
        Assert.True(Shell.Deciding);
        Assert.Equal([new DeviceEffect.RequestSlot()], Commit());
        Assert.Equal((DevicePhase.Queued, Time.GetUtcNow()), (Stored.Phase, Stored.WaitingSince));
        Assert.True(Shell.Join(Place()));
        Assert.Empty(Commit());
        Assert.Equal(1, Saves);
    }

    [Fact]
    public void A_waiting_device_asks_again_and_sooner_while_its_campaign_is_not_known()
    {
        Shell.Join(Place());
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
        Shell.Report(Report(1, Ended(1)).From(1));
        Assert.Equal(new DeviceEffect.ReportOutcome(DeviceOutcome.Updated, DfuError.None), Assert.Single(Commit()));
        var outcome = State;
        Assert.Single(Tick(2));
        Assert.IsType<DeviceEffect.ReportOutcome>(Assert.Single(Activate()));
        Shell.Acknowledged(outcome);
        Assert.IsType<DeviceEffect.ReportOutcome>(Assert.Single(Tick(2)));
        Shell.Acknowledged(State);
        Assert.Null(Shell.DueIn());
        Assert.Empty(Tick(1000));
        Shell.Join(Place());
        Assert.IsType<DeviceEffect.ReportOutcome>(Assert.Single(Commit()));
    }

    [Fact]
    public void A_campaign_that_the_device_has_left_gets_it_back_only_when_it_asks_again()
    {
        Run();
        Take(Report(1, Ended(1)));
        Shell.Acknowledged(State);
        for (var later = 2; later <= 3; later++)
        {
            Assert.True(Shell.Join(Place($"c{later}")));
            Commit();
            Assert.True(Shell.Grant(Grant(Id, attempt: later)));
            Commit();
            Take(Report(later, Ended(later)));
            Shell.Acknowledged(State);
        }

        Assert.False(Shell.Join(Place("c2")));
        Assert.False(Shell.Join(Place())); // an activation of it that has missed how it ended there
        Assert.Empty(Commit());
        Assert.True(Shell.Join(Place() with { Run = 3 }));
    }

    [Fact]
    public void Another_campaign_gets_the_device_when_the_first_is_done_with_it()
    {
        Run();
        Assert.False(Shell.Join(Place("c2")));
        Assert.Empty(Commit());
        Take(Report(1, Ended(1)));
        Shell.Acknowledged(State);
        Assert.True(Shell.Join(Place("c2")));
        Assert.Equal([new DeviceEffect.RequestSlot()], Commit());
        Assert.Equal(("c2", DevicePhase.Queued, Id.Bootloader), (Shell.Record!.Campaign, Stored.Phase, Stored.Bootloader));
        Shell.Cancel("c1", 0);
        Assert.Equal(DevicePhase.Queued, State.Phase);
        Assert.True(Shell.Grant(Grant(Id, attempt: 2)));
        Assert.True(Shell.Report(Report(1, Ended(1))).Over);
        Assert.Equal((2, 1), (State.Attempt, State.EarlierAttempts));
    }

    [Fact]
    public void Nobody_gets_a_device_whose_outcome_its_campaign_has_not_heard_or_it_would_flash_it_again()
    {
        Run();
        Take(Report(1, Ended(1)));
        Assert.False(Shell.Join(Place("c2")));
        Assert.Equal([new DeviceEffect.ReportOutcome(DeviceOutcome.Updated, DfuError.None)], Commit());
        Activate();
        Assert.False(Shell.Join(Place("c2")));
        Shell.Acknowledged(State);
        Tick(Times.Report.TotalSeconds);
        Activate();
        Assert.True(Shell.Join(Place("c2")));
    }

    [Fact]
    public void A_cancel_that_comes_after_the_device_was_asked_for_again_is_late()
    {
        Run();
        Shell.Join(Place(run: 3));
        Shell.Cancel("c1", 2);
        Assert.False(State.CancelRequested);
        Shell.Cancel("c1", 3);
        Assert.True(State.CancelRequested);
        Shell.Join(Place(run: 4));
        Take(Report(1, Ended(1, DfuError.Cancelled)));
        Assert.Equal((DevicePhase.Queued, DeviceOutcome.Pending, 4), (State.Phase, State.Outcome, State.Run));
    }

    [Fact]
    public void A_device_that_failed_is_tried_again_when_asked_and_no_other()
    {
        Run();
        Take(Report(1, Ended(1, DfuError.SignatureRefused)));
        Assert.Equal(DeviceOutcome.Failed, State.Outcome);
        Shell.Acknowledged(State);
        Shell.Join(Place());
        Assert.IsType<DeviceEffect.ReportOutcome>(Assert.Single(Commit()));
        Shell.Join(Place(run: 1));
        Assert.Equal([new DeviceEffect.RequestSlot()], Commit());
        Assert.Equal((DevicePhase.Queued, DeviceOutcome.Pending), (Stored.Phase, Stored.Outcome));
        Shell.Grant(Grant(Id, attempt: 2));
        Take(Report(2, Ended(2, DfuError.SignatureRefused)));
        Shell.Join(Place(run: 1));
        Assert.IsType<DeviceEffect.ReportOutcome>(Assert.Single(Commit()));
        Assert.Equal(DeviceOutcome.Failed, Stored.Outcome);
        Shell.Join(Place(run: 2));
        Assert.Equal([new DeviceEffect.RequestSlot()], Commit());
        Shell.Grant(Grant(Id, attempt: 3));
        Take(Report(3, Ended(3)));
        Shell.Join(Place(run: 3));
        Assert.IsType<DeviceEffect.ReportOutcome>(Assert.Single(Commit()));
        Assert.Equal(DeviceOutcome.Updated, Stored.Outcome);
    }

    [Fact]
    public void What_is_known_of_a_device_goes_with_it_into_another_campaign()
    {
        Shell.Join(Place() with { Label = new(Id) { Serial = "S1" } });
        Commit();
        Shell.Grant(Grant(Id));
        Take(Report(1, LastExecute(1) with { Identity = new(ImageType.Application, 3, "aa", 52, null), Cost = new(new(), new(25, 2, 0)) }));
        Take(Report(1, new DeviceEvent.ImageActivated(1, 0, false, Elsewhere), Ended(1) with { Cost = new(new(), new(25, 2, 0)) }));
        var known = Shell.Passport!;
        Assert.Equal(("S1", 3u, new DeviceWear(25, 4, 1)), (known.Label!.Serial, known.Application!.Version, known.Wear));
        Activate();
        Shell.Acknowledged(State);
        Assert.Equal(FleetJson.Write(known), FleetJson.Write(Shell.Passport!));
        Assert.True(Shell.Join(Place("c2") with { Finish = new() { Expect = "4" }, Force = true }));
        Commit();
        Assert.Equal(FleetJson.Write(known), FleetJson.Write(Shell.Passport!));
        Assert.Equal((known.Wear, true, true), (State.EarlierWear, State.HadApplication, State.Expects));
        Assert.Equal((true, "4"), (Shell.Record!.Force, Shell.Record.Finish.Expect));
    }
}
