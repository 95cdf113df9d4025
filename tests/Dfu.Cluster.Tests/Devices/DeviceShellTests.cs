using Dfu.Fleet;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Storage;
using Dfu.Grains;
using Dfu.Grains.Devices;
using Dfu.Grains.Hosting;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using static Dfu.Cluster.Tests.Devices.Given;

namespace Dfu.Cluster.Tests.Devices;

public sealed class DeviceShellTests
{
    private static readonly FleetTimes Times = new();
    private static readonly BluetoothAddress Id = BluetoothAddress.Parse("C0:00:00:00:00:10");

    private readonly ManualTime _time = new();
    private readonly DeviceEffect _begin = new DeviceEffect.StartAttempt(Adapter, 3, 1);
    private DeviceShell _shell;
    private string? _stored;
    private string? _storedHistory;
    private int _saves;

    public DeviceShellTests() => _shell = new(Id, null, null, Host(_time));

    private DeviceState State => _shell.State!;

    private DeviceState Stored => FleetJson.ReadDeviceRecord(_stored!).Device;

    /// <summary>What a turn does after the device has changed.</summary>
    private DeviceEffect[] Commit()
    {
        if (_shell.SaveDue)
        {
            if (_shell.HistoryDue is { } history) _storedHistory = FleetJson.Write(history);
            _stored = FleetJson.Write(_shell.TakeRecord());
            _saves++;
        }

        return [.. _shell.TakeEffects()];
    }

    private DeviceEffect[] Tick(double seconds)
    {
        _time.Advance(seconds);
        _shell.Tick();
        return Commit();
    }

    private DeviceEffect[] Activate()
    {
        _shell = new(Id, FleetJson.ReadDeviceRecord(_stored!), _storedHistory is null ? null : FleetJson.ReadDeviceHistory(_storedHistory), Host(_time));
        return Commit();
    }

    private bool Take(AttemptReport report)
    {
        var accepted = _shell.Report(report);
        Commit();
        return accepted;
    }

    private DeviceEffect[] Run()
    {
        Assert.True(_shell.Join(Place(), false));
        Commit();
        Assert.True(_shell.Grant(Grant(Id)));
        return Commit();
    }

    [Fact]
    public void A_device_that_was_never_part_of_a_campaign_has_nothing_to_do()
    {
        Assert.False(_shell.Grant(Grant(Id)));
        Assert.False(_shell.Report(Report(1)));
        _shell.Cancel("c1");
        Assert.Empty(Tick(1000));
        Assert.Equal((null, 0), (_shell.DueIn(), _saves));
    }

    [Fact]
    public void Joining_is_durable_before_a_slot_is_asked_for()
    {
        Assert.True(_shell.Join(Place(), false));
        Assert.True(_shell.SaveDue);
        Assert.Equal([new DeviceEffect.RequestSlot()], Commit());
        Assert.Equal((DevicePhase.Queued, _time.GetUtcNow()), (Stored.Phase, Stored.WaitingSince));
        Assert.True(_shell.Join(Place(), false));
        Assert.Empty(Commit());
        Assert.Equal(1, _saves);
    }

    [Fact]
    public void Reports_count_for_the_current_attempt_only()
    {
        Assert.Equal([_begin], Run());
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
        var before = _saves;
        for (var n = 1; n <= 100; n++)
        {
            _time.Advance(0.1);
            Assert.True(Take(Report(1, Confirmed(1, n * 100))));
        }

        Assert.InRange(_saves - before, 9, 10);
        _time.Advance(0.1);
        Assert.True(Take(Report(1, Confirmed(1, 20_000))));
        Assert.NotEqual(20_000, Stored.Images[0].Confirmed);
        Assert.InRange(_shell.DueIn()!.Value, TimeSpan.Zero, Times.Report);
        Tick(_shell.DueIn()!.Value.TotalSeconds);
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
    public void No_report_is_confirmed_that_a_write_of_the_last_second_does_not_back()
    {
        Run();
        var before = _saves;
        _time.Advance(0.9);
        Assert.True(Take(Report(1)));
        Assert.Equal(before, _saves);
        _time.Advance(0.1);
        Assert.True(Take(Report(1)));
        Assert.Equal(before + 1, _saves);
        Assert.False(Take(Report(7)));
        Assert.Equal(before + 1, _saves);
    }

    [Fact]
    public void A_silent_attempt_is_interrupted_when_its_lease_must_be_over_and_never_before()
    {
        Run();
        for (var n = 0; n < 5; n++)
        {
            _time.Advance(4.4);
            Assert.True(Take(Report(1)));
        }

        _time.Advance(4.499);
        _shell.Tick();
        Commit();
        Assert.True(State.Running);
        Assert.InRange(_shell.DueIn()!.Value, TimeSpan.Zero, TimeSpan.FromMilliseconds(1));
        Assert.Equal([new DeviceEffect.RequestSlot()], Tick(0.001));
        Assert.Equal((DevicePhase.Queued, 1), (Stored.Phase, Stored.Attempt));
        Assert.False(Take(Report(1, Ended(1))));
        Assert.Equal(DevicePhase.Queued, State.Phase);
    }

    [Fact]
    public void An_activation_waits_for_reports_as_long_as_after_a_report_and_takes_the_record_over()
    {
        Run();
        _time.Advance(100);
        var before = _saves;
        Assert.Equal([_begin], Activate());
        Assert.Equal(before + 1, _saves);
        Tick(4.4);
        Assert.True(State.Running);
        Tick(0.1);
        Assert.False(State.Running);
    }

    [Fact]
    public void A_refused_attempt_is_over_at_once_and_an_answer_about_another_changes_nothing()
    {
        Run();
        _shell.Answered(2, AttemptAnswer.Refused);
        _shell.Answered(1, AttemptAnswer.Running);
        _shell.Answered(1, AttemptAnswer.Ended);
        Assert.Empty(Commit());
        Assert.True(State.Running);
        _shell.Answered(1, AttemptAnswer.Refused);
        Assert.Equal([new DeviceEffect.RequestSlot()], Commit());
        Assert.Equal(DevicePhase.Queued, Stored.Phase);
    }

    [Fact]
    public void An_attempt_is_begun_again_while_nothing_is_heard_of_it()
    {
        Run();
        Assert.Empty(Tick(1.9));
        Assert.Equal([_begin], Tick(0.1));
        _time.Advance(1);
        Take(Report(1));
        Assert.Empty(Tick(1.9));
        Assert.Equal([_begin], Tick(0.1));
    }

    [Fact]
    public void A_cancelled_attempt_is_stopped_again_until_it_ends_whatever_it_reports()
    {
        Run();
        DeviceEffect stop = new DeviceEffect.StopAttempt(Adapter, 3, 1, DfuError.Cancelled);
        _shell.Cancel("another");
        Assert.Empty(Commit());
        _shell.Cancel("c1");
        Assert.Equal([stop], Commit());
        for (var n = 0; n < 2; n++)
        {
            _time.Advance(1);
            Assert.True(Take(Report(1)));
        }

        _shell.Tick();
        Assert.Equal([stop], Commit());
        Assert.Equal(new DeviceEffect.ReportOutcome(DeviceOutcome.Cancelled, DfuError.Cancelled), Assert.Single(Tick(4.5)));
    }

    [Fact]
    public void An_outcome_is_reported_until_the_campaign_has_it()
    {
        Run();
        _shell.Report(Report(1, Ended(1)));
        Assert.Equal(new DeviceEffect.ReportOutcome(DeviceOutcome.Updated, DfuError.None), Assert.Single(Commit()));
        var outcome = State;
        Assert.Single(Tick(2));
        Assert.IsType<DeviceEffect.ReportOutcome>(Assert.Single(Activate()));
        _shell.Acknowledged(outcome);
        Assert.IsType<DeviceEffect.ReportOutcome>(Assert.Single(Tick(2)));
        _shell.Acknowledged(State);
        Assert.Null(_shell.DueIn());
        Assert.Empty(Tick(1000));
        _shell.Join(Place(), false);
        Assert.IsType<DeviceEffect.ReportOutcome>(Assert.Single(Commit()));
    }

    [Fact]
    public void Another_campaign_gets_the_device_when_the_first_is_done_with_it()
    {
        Run();
        Assert.False(_shell.Join(Place("c2"), false));
        Assert.Empty(Commit());
        Take(Report(1, Ended(1)));
        _shell.Acknowledged(State);
        Assert.True(_shell.Join(Place("c2"), false));
        Assert.Equal([new DeviceEffect.RequestSlot()], Commit());
        Assert.Equal(("c2", DevicePhase.Queued, Id.Bootloader), (_shell.Record!.Campaign, Stored.Phase, Stored.Bootloader));
        _shell.Cancel("c1");
        Assert.Equal(DevicePhase.Queued, State.Phase);
        Assert.True(_shell.Grant(Grant(Id)));
        Assert.False(_shell.Report(Report(1, Ended(1))));
        Assert.Equal((2, 1), (State.Attempt, State.EarlierAttempts));
    }

    [Fact]
    public void A_device_that_failed_is_tried_again_when_asked_and_no_other()
    {
        Run();
        Take(Report(1, Ended(1, DfuError.SignatureRefused)));
        Assert.Equal(DeviceOutcome.Failed, State.Outcome);
        _shell.Acknowledged(State);
        _shell.Join(Place(), false);
        Assert.IsType<DeviceEffect.ReportOutcome>(Assert.Single(Commit()));
        _shell.Join(Place(retries: 1), true);
        Assert.Equal([new DeviceEffect.RequestSlot()], Commit());
        Assert.Equal((DevicePhase.Queued, DeviceOutcome.Pending), (Stored.Phase, Stored.Outcome));
        _shell.Grant(Grant(Id));
        Take(Report(2, Ended(2, DfuError.SignatureRefused)));
        _shell.Join(Place(retries: 1), true);
        Assert.IsType<DeviceEffect.ReportOutcome>(Assert.Single(Commit()));
        Assert.Equal(DeviceOutcome.Failed, Stored.Outcome);
        _shell.Join(Place(retries: 2), true);
        Assert.Equal([new DeviceEffect.RequestSlot()], Commit());
        _shell.Grant(Grant(Id));
        Take(Report(3, Ended(3)));
        _shell.Join(Place(retries: 3), true);
        Assert.IsType<DeviceEffect.ReportOutcome>(Assert.Single(Commit()));
        Assert.Equal(DeviceOutcome.Updated, Stored.Outcome);
    }

    [Fact]
    public void A_waiting_device_asks_again_and_sooner_while_its_campaign_is_not_known()
    {
        _shell.Join(Place(), false);
        Assert.Single(Commit());
        foreach (var pause in new[] { 0.25, 0.5, 1, 2, 2 })
        {
            _shell.Asked(known: false);
            Assert.Equal(TimeSpan.FromSeconds(pause), _shell.DueIn());
            Assert.Equal([new DeviceEffect.RequestSlot()], Tick(pause));
        }

        _shell.Asked(known: true);
        Assert.Equal(Times.Again, _shell.DueIn());
    }

    [Fact]
    public void What_was_heard_is_taken_into_the_devices_own_clock()
    {
        _shell.Join(Place(), false);
        Commit();
        _time.Advance(130);
        Assert.False(_shell.Decides(Air(heard: 119.9)));
        Assert.False(_shell.Decides(Air(heard: null, listening: 100)));
        Assert.True(_shell.Decides(Air(heard: null)));
        Assert.True(_shell.Decides(new AirReport { Known = true, Deaf = TimeSpan.FromHours(1) }));
        _shell.Wait(Air(heard: 119.9));
        Assert.Empty(Commit());
        _shell.Wait(Air(heard: 120));
        Assert.IsType<DeviceEffect.ReportOutcome>(Assert.Single(Commit()));
        Assert.Equal((DfuError.NotHeard, _time.GetUtcNow()), (Stored.Error, Stored.EndedAt));
    }

    [Fact]
    public void A_backoff_ends_by_itself()
    {
        Run();
        _shell.Report(Report(1, Ended(1, DfuError.LinkLost)));
        Assert.Empty(Commit());
        Assert.Equal((DevicePhase.BackingOff, _time.GetUtcNow().AddSeconds(1)), (State.Phase, State.NotBefore));
        Assert.False(_shell.Grant(Grant(Id)));
        Assert.Equal(TimeSpan.FromSeconds(1), _shell.DueIn());
        Assert.Empty(Tick(0.9));
        Assert.Equal([new DeviceEffect.RequestSlot()], Tick(0.1));
        Assert.Equal(DevicePhase.Queued, Stored.Phase);
    }

    [Fact]
    public void Times_of_others_are_replaced_by_the_devices_own()
    {
        Run();
        Assert.Equal(_time.GetUtcNow(), State.StartedAt);
        _time.Advance(2);
        Take(Report(1, new DeviceEvent.PhaseChanged(1, DevicePhase.SendingInit, Elsewhere)));
        Assert.Equal(_time.GetUtcNow() + DeviceMachine.Inactivity, State.BootloaderUntil);
        _time.Advance(2);
        Take(Report(1, new DeviceEvent.ImageActivated(1, 0, false, Elsewhere), Ended(1)));
        Assert.Equal((_time.GetUtcNow(), _time.GetUtcNow()), (State.ActivatedAt!.Value, State.EndedAt!.Value));
    }

    [Fact]
    public void Bytes_that_a_report_counts_are_kept()
    {
        Run();
        _time.Advance(1);
        Take(Report(1) with { Traffic = new(5000, 4000) });
        Assert.Equal(new DeviceTraffic(5000, 4000), Stored.Traffic);
        Take(Report(1, Ended(1, DfuError.LinkLost)) with { Traffic = new(6000, 4000) });
        Assert.Equal(new DeviceTraffic(100_000, 100_000), Stored.Traffic);
    }

    [Fact]
    public void An_activation_waits_for_reports_from_the_moment_on_when_no_other_could_confirm_one()
    {
        Run();
        _shell = new(Id, FleetJson.ReadDeviceRecord(_stored!), null, Host(_time));
        Assert.True(_shell.SaveDue);
        var record = _shell.TakeRecord();
        _time.Advance(3); // so long the write takes
        _stored = FleetJson.Write(record);
        Assert.Equal(_begin, Assert.Single(_shell.TakeEffects()));

        Tick(Times.Silence.TotalSeconds - 0.1);
        Assert.True(State.Running);
        Tick(0.1);
        Assert.Equal(DevicePhase.Queued, State.Phase);
    }

    [Fact]
    public void The_history_goes_with_the_decisions_and_survives_activations()
    {
        Run();
        for (var attempt = 1; attempt <= 40; attempt++)
        {
            _shell.Answered(attempt, AttemptAnswer.Refused);
            Commit();
            _shell.Grant(Grant(Id));
            Commit();
            if (attempt % 7 == 0) Activate();
        }

        Take(Report(41, Ended(41)));
        var expected = Enumerable.Range(1, 40).SelectMany(n => new[] { $"attempt {n} on {Adapter}", $"attempt {n} was interrupted" }).Prepend("joined").Append($"attempt 41 on {Adapter}").Append("Updated");
        Assert.Equal(expected, _shell.History().Select(entry => entry.Text));
        Activate();
        Assert.Equal(expected, _shell.History().Select(entry => entry.Text));
        Assert.All(_shell.History(), entry => Assert.Equal(("c1", Id), (entry.Campaign, entry.Device)));
        Assert.NotNull(_storedHistory);
    }
}
