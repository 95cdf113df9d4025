using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Errors;
using static Dfu.Cluster.Tests.Devices.Given;

namespace Dfu.Fleet.Tests.Devices;

public sealed class DeviceShellTests : DeviceShellBench
{
    [Fact]
    public void A_device_that_was_never_part_of_a_campaign_has_nothing_to_do()
    {
        Assert.False(Shell.Grant(Grant(Id)));
        Assert.True(Shell.Report(Report(1)).Over);
        Shell.Cancel("c1", 0);
        Assert.Empty(Tick(1000));
        Assert.Equal((null, 0), (Shell.DueIn(), Saves));
    }

    [Fact]
    public void Reports_count_for_the_current_attempt_only()
    {
        Assert.Equal([Begin], Run());
        Assert.False(Take(Report(0, Confirmed(0, 4096))));
        Assert.False(Take(Report(2, Confirmed(2, 4096))));
        Assert.Equal(0, State.Images[0].Confirmed);
        Assert.True(Take(Report(1, Confirmed(1, 4096), Confirmed(2, 8192))));
        Assert.Equal(4096, State.Images[0].Confirmed);
        Assert.True(Take(Report(1, Ended(1))));
        Assert.False(Take(Report(1, Ended(1))));
        Assert.Equal(DeviceOutcome.Updated, State.Outcome);
    }

    [Fact]
    public void Checkpoints_are_written_once_a_second_and_the_last_one_soon_after()
    {
        Run();
        var before = Saves;
        for (var n = 1; n <= 100; n++)
        {
            Time.Advance(0.1);
            Assert.True(Take(Report(1, Confirmed(1, n * 100))));
        }

        Assert.InRange(Saves - before, 9, 10);
        Time.Advance(0.1);
        Assert.True(Take(Report(1, Confirmed(1, 20_000))));
        Assert.NotEqual(20_000, Stored.Images[0].Confirmed);
        Assert.InRange(Due!.Value, TimeSpan.Zero, Times.Report);
        Tick(Due!.Value.TotalSeconds);
        Assert.Equal(20_000, Stored.Images[0].Confirmed);
    }

    [Fact]
    public void A_decision_takes_the_checkpoints_before_it_along()
    {
        Run();
        Take(Report(1, Confirmed(1, 4096)));
        Assert.Equal(0, Stored.Images[0].Confirmed);
        Take(Report(1, LastExecute(1)));
        Assert.Equal((4096, true), (Stored.Images[0].Confirmed, Stored.Images[0].LastExecuteSent));
    }

    [Fact]
    public void An_attempt_goes_on_for_as_long_as_no_other_activation_can_have_the_device_however_slow_storage_is()
    {
        Run();
        Time.Advance(1);
        Shell.Report(Report(1, Confirmed(1, 4096)).From(1));
        Assert.Equal(TimeSpan.Zero, Shell.SaveIn());
        Shell.Take();
        for (var second = 1; second < 14; second++)
        {
            Time.Advance(1);
            var receipt = Shell.Report(Report(1, Confirmed(1, 4096 + second)).From(1 + second));
            Assert.Equal((true, false, 1 + second, 0), (receipt.Renews, receipt.Over, receipt.Taken, receipt.Saved));
        }

        Time.Advance(1);
        Assert.False(Shell.Report(Report(1)).Renews);
        Assert.False(Shell.Report(Report(1)).Over);
    }

    [Fact]
    public void Alone_an_attempt_needs_no_storage_at_all()
    {
        Use(FleetTimes.Alone);
        Run();
        Time.Advance(1);
        Shell.Report(Report(1, Confirmed(1, 4096)).From(1));
        Shell.Take();
        Time.Advance(1000);
        Assert.True(Shell.Report(Report(1)).Renews);
        Assert.Null(Stored.Adapter is null ? "" : Shell.Saved!.Holder);
    }

    [Fact]
    public void An_attempt_of_which_there_is_nothing_new_is_backed_by_a_write_now_and_then()
    {
        Run();
        var before = Saves;
        for (var second = 1; second <= 60; second++)
        {
            Time.Advance(1);
            Assert.True(Shell.Report(Report(1)).Renews);
            Commit();
        }

        Assert.InRange(Saves - before, 10, 12);
    }

    [Fact]
    public void A_decision_that_is_not_stored_has_no_effects_whatever_is_due_meanwhile()
    {
        Shell.Join(Place());
        Commit();
        Assert.True(Shell.Grant(Grant(Id)));
        var pending = Shell.Take();
        Time.Advance(30);
        Shell.Tick();
        Assert.Empty(Shell.TakeOutstanding());
        Assert.Null(Shell.DueIn() < TimeSpan.Zero ? "due" : null);
        Shell.Written(pending);
        Assert.Equal([Begin], pending.Effects.ToArray());
    }

    [Fact]
    public void What_is_missing_before_an_event_is_asked_for_once_more()
    {
        Run();
        var receipt = Shell.Report(Report(1, Confirmed(1, 8192)).From(2));
        Assert.Equal((true, 0), (receipt.Renews, receipt.Taken));
        Assert.Equal(0, State.Images[0].Confirmed);
        Assert.Equal(2, Shell.Report(Report(1, Confirmed(1, 4096), Confirmed(1, 8192)).From(1)).Taken);
        Assert.Equal(2, Shell.Report(Report(1, Confirmed(1, 4096)).From(1)).Taken);
        Assert.Equal(8192, State.Images[0].Confirmed);
    }

    [Fact]
    public void A_silent_attempt_is_interrupted_when_its_lease_must_be_over_and_never_before()
    {
        Run();
        for (var n = 0; n < 5; n++)
        {
            Time.Advance(4.4);
            Assert.True(Take(Report(1)));
        }

        Time.Advance(4.499);
        Shell.Tick();
        Commit();
        Assert.True(State.Running);
        Assert.InRange(Shell.DueIn()!.Value, TimeSpan.Zero, TimeSpan.FromMilliseconds(1));
        Assert.Equal([new DeviceEffect.RequestSlot()], Tick(0.001));
        Assert.Equal((DevicePhase.Queued, 1), (Stored.Phase, Stored.Attempt));
        Assert.False(Take(Report(1, Ended(1))));
        Assert.Equal(DevicePhase.Queued, State.Phase);
    }

    [Fact]
    public void An_activation_takes_the_record_over_and_waits_for_as_long_as_the_one_before_may_have_let_the_attempt_go_on()
    {
        Run();
        Time.Advance(100);
        var before = Saves;
        Assert.Equal([Begin], Activate());
        Assert.Equal(before + 1, Saves);
        Tick(10);
        Assert.True(Shell.Report(Report(1)).Renews);
        Tick(9.4);
        Assert.True(State.Running);
        Tick(0.1);
        Assert.False(State.Running);
    }

    [Fact]
    public void One_that_ends_in_order_while_the_owner_before_it_may_go_on_leaves_the_waiting_to_the_next()
    {
        Run();
        var first = Shell;
        Time.Advance(1);
        Activate();
        Assert.Null(Shell.Release());
        Time.Advance(1);
        Activate();
        Tick(12.5);
        Assert.True(first.Report(Report(1)).Renews);
        Tick(6.9);
        Assert.True(State.Running);
        Assert.False(first.Report(Report(1)).Renews);
        Tick(0.1);
        Assert.False(State.Running);
    }

    [Fact]
    public void An_adapter_that_refuses_after_a_takeover_may_be_another_than_the_one_that_works()
    {
        Run();
        Activate();
        Shell.Answered(1, AttemptAnswer.Refused);
        Commit();
        Assert.True(State.Running);
        Time.Advance(15);
        Shell.Answered(1, AttemptAnswer.Refused);
        Commit();
        Assert.False(State.Running);
    }

    [Fact]
    public void A_host_that_was_suspended_asks_storage_before_it_lets_an_attempt_go_on()
    {
        Run();
        Assert.True(Shell.Report(Report(1)).Renews);
        Time.StepBack(-TimeSpan.FromMinutes(10));
        Assert.False(Shell.Report(Report(1)).Renews);
        Assert.Equal(TimeSpan.Zero, Shell.SaveIn());
        Commit();
        Assert.True(Shell.Report(Report(1)).Renews);
    }

    [Fact]
    public void An_activation_after_one_that_ended_in_order_waits_no_longer_than_after_a_report()
    {
        Run();
        Release();
        Assert.Equal([Begin], Activate());
        Tick(4.4);
        Assert.True(State.Running);
        Tick(0.1);
        Assert.False(State.Running);
    }

    [Fact]
    public void Clocks_of_two_processes_have_nothing_to_do_with_each_other()
    {
        Run();
        Take(Report(1, Ended(1, DfuError.LinkLost)));
        Assert.Equal(DevicePhase.BackingOff, State.Phase);
        Time.StepBack(TimeSpan.FromHours(1));
        Activate();
        var pause = Shell.DueIn()!.Value.TotalSeconds;
        Assert.InRange(pause, 0.8, 1.2);
        Assert.Equal([new DeviceEffect.RequestSlot()], Tick(pause).TakeLast(1));
        Time.StepBack(-TimeSpan.FromDays(1));
        Activate();
        Assert.False(Shell.Decides(Air(heard: null, listening: null)));
        Assert.Equal(Time.GetUtcNow(), State.WaitingSince);
    }

    [Fact]
    public void A_refused_attempt_is_over_at_once_and_an_answer_about_another_changes_nothing()
    {
        Run();
        Shell.Answered(2, AttemptAnswer.Refused);
        Shell.Answered(1, AttemptAnswer.Running);
        Shell.Answered(1, AttemptAnswer.Ended);
        Assert.Empty(Commit());
        Assert.True(State.Running);
        Shell.Answered(1, AttemptAnswer.Refused);
        Assert.Equal([new DeviceEffect.RequestSlot()], Commit());
        Assert.Equal(DevicePhase.Queued, Stored.Phase);
    }

    [Fact]
    public void An_attempt_is_begun_again_while_nothing_is_heard_of_it()
    {
        Run();
        Assert.Empty(Tick(1.9));
        Assert.Equal([Begin], Tick(0.1));
        Time.Advance(1);
        Take(Report(1));
        Assert.Empty(Tick(1.9));
        Assert.Equal([Begin], Tick(0.1));
    }

    [Fact]
    public void A_cancelled_attempt_is_stopped_again_until_it_ends_whatever_it_reports()
    {
        Run();
        DeviceEffect stop = new DeviceEffect.StopAttempt(Adapter, 3, 1, DfuError.Cancelled);
        Shell.Cancel("another", 0);
        Assert.Empty(Commit());
        Shell.Cancel("c1", 0);
        Assert.Equal([stop], Commit());
        for (var n = 0; n < 2; n++)
        {
            Time.Advance(1);
            Assert.True(Take(Report(1)));
        }

        Shell.Tick();
        Assert.Equal([stop], Commit());
        Assert.Equal(new DeviceEffect.ReportOutcome(DeviceOutcome.Cancelled, DfuError.Cancelled), Assert.Single(Tick(4.5)));
    }

    [Fact]
    public void What_was_heard_is_taken_into_the_devices_own_clock()
    {
        Shell.Join(Place());
        Commit();
        Time.Advance(130);
        Assert.False(Shell.Decides(Air(heard: 119.9)));
        Assert.False(Shell.Decides(Air(heard: null, listening: 100)));
        Assert.True(Shell.Decides(Air(heard: null)));
        Assert.True(Shell.Decides(new AirReport { Known = true, Deaf = TimeSpan.FromHours(1) }));
        Shell.Wait(Air(heard: 119.9));
        Assert.Empty(Commit());
        Shell.Wait(Air(heard: 120));
        Assert.IsType<DeviceEffect.ReportOutcome>(Assert.Single(Commit()));
        Assert.Equal((DfuError.NotHeard, Time.GetUtcNow()), (Stored.Error, Stored.EndedAt));
    }

    [Fact]
    public void A_backoff_ends_by_itself()
    {
        Run();
        Shell.Report(Report(1, Ended(1, DfuError.LinkLost)).From(1));
        Assert.Empty(Commit());
        var pause = Shell.DueIn()!.Value;
        Assert.InRange(pause.TotalSeconds, 0.8, 1.2);
        Assert.Equal((DevicePhase.BackingOff, Time.GetUtcNow() + pause), (State.Phase, State.NotBefore));
        Assert.False(Shell.Grant(Grant(Id)));
        Assert.Empty(Tick(pause.TotalSeconds - 0.1));
        Assert.Equal([new DeviceEffect.RequestSlot()], Tick(0.101));
        Assert.Equal(DevicePhase.Queued, Stored.Phase);
    }

    [Fact]
    public void Times_of_others_are_replaced_by_the_devices_own()
    {
        Run();
        Assert.Equal(Time.GetUtcNow(), State.StartedAt);
        Time.Advance(2);
        Take(Report(1, new DeviceEvent.PhaseChanged(1, DevicePhase.SendingInit, Elsewhere)));
        Assert.Equal(Time.GetUtcNow() + DeviceMachine.Inactivity, State.BootloaderUntil);
        Time.Advance(2);
        Take(Report(1, new DeviceEvent.ImageActivated(1, 0, false, Elsewhere), Ended(1)));
        Assert.Equal((Time.GetUtcNow(), Time.GetUtcNow()), (State.ActivatedAt!.Value, State.EndedAt!.Value));
    }

    [Fact]
    public void Bytes_that_a_report_counts_are_kept()
    {
        Run();
        Time.Advance(1);
        Take(Report(1) with { Traffic = new(5000, 4000) });
        Assert.Equal(new DeviceTraffic(5000, 4000), Stored.Traffic);
        Take(Report(1, Ended(1, DfuError.LinkLost)) with { Traffic = new(6000, 4000) });
        Assert.Equal(new DeviceTraffic(100_000, 100_000), Stored.Traffic);
    }

    [Fact]
    public void An_activation_waits_for_reports_from_the_moment_on_when_no_other_could_confirm_one()
    {
        Run();
        Assert.Equal(Begin, Assert.Single(Activate(writing: 30)));

        Tick((Times.Ownership + Times.Silence)!.Value.TotalSeconds - 0.1);
        Assert.True(State.Running);
        Tick(0.1);
        Assert.Equal(DevicePhase.Queued, State.Phase);
    }
}
