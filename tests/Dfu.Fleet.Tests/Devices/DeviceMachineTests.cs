using Dfu.Fleet.Devices;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Transfers;
using static Dfu.Fleet.Tests.Devices.DeviceSteps;

namespace Dfu.Fleet.Tests.Devices;

public sealed class DeviceMachineTests
{
    [Fact]
    public void A_grant_counts_the_attempt_and_starts_it()
    {
        var (state, effects) = DeviceMachine.Apply(Queued(), Grant(), Policy);
        Assert.Equal((1, DevicePhase.Connecting, "a", 1), (state.Attempt, state.Phase, state.Adapter, state.AdapterEpoch));
        Assert.Equal([new DeviceEffect.StartAttempt("a", 1, 1)], effects.ToArray());
    }

    [Fact]
    public void While_the_application_boots_its_slot_serves_another_device()
    {
        var running = Apply(Queued(), Grant());
        var (verifying, lends) = DeviceMachine.Apply(running, new DeviceEvent.PhaseChanged(1, DevicePhase.Verifying, At(1)), Policy);
        Assert.Equal([new DeviceEffect.LendSlot("a", 1, 1)], lends.ToArray());
        Assert.Empty(DeviceMachine.Apply(verifying, new DeviceEvent.PhaseChanged(1, DevicePhase.Verifying, At(2)), Policy).Effects);
        Assert.Equal([new DeviceEffect.RetakeSlot("a", 1, 1)], DeviceMachine.Apply(
            verifying, new DeviceEvent.PhaseChanged(1, DevicePhase.Connecting, At(3)), Policy).Effects.ToArray());
    }

    [Fact]
    public void Between_two_images_the_slot_is_kept_because_the_window_is_short()
    {
        var running = Apply(Queued(50_000, 100_000), Grant());
        Assert.Empty(DeviceMachine.Apply(running, new DeviceEvent.PhaseChanged(1, DevicePhase.Verifying, At(1)), Policy).Effects);
    }

    [Fact]
    public void A_second_grant_while_it_runs_changes_nothing()
    {
        var running = Apply(Queued(), Grant());
        var (state, effects) = DeviceMachine.Apply(running, Grant(adapter: "b"), Policy);
        Assert.Same(running, state);
        Assert.Empty(effects);
    }

    [Fact]
    public void Reports_of_an_earlier_attempt_change_nothing()
    {
        var second = Apply(Queued(), Grant(), Ended(1, DfuError.AdapterLost), Grant(2));
        DeviceEvent[] late =
        [
            new DeviceEvent.PhaseChanged(1, DevicePhase.Sending, At(3)),
            new DeviceEvent.Identified(1, Application, Application),
            new DeviceEvent.ImageStarted(1, 0),
            new DeviceEvent.Resumed(1, 0, new(0, 4096, Diagnosis.AcknowledgementLost)),
            Confirmed(1, 4096),
            new DeviceEvent.Saved(1, 0, 4096),
            new DeviceEvent.ClassLearned(1, "x"),
            new DeviceEvent.LastExecute(1, 0, At(3)),
            new DeviceEvent.ImageActivated(1, 0, false, At(3)),
            new DeviceEvent.Restarted(1, 0, At(3)),
            new DeviceEvent.Interrupted(1, At(3)),
            Ended(1, DfuError.None),
        ];
        foreach (var e in late)
        {
            var (state, effects) = DeviceMachine.Apply(second, e, Policy);
            Assert.Same(second, state);
            Assert.Empty(effects);
        }
    }

    [Fact]
    public void Reports_after_the_end_change_nothing()
    {
        var done = Apply(Queued(), Grant(), Ended(1, DfuError.None));
        Assert.Same(done, Apply(done, Confirmed(1, 4096), Ended(1, DfuError.LinkLost), Grant(9), Waited(999), new DeviceEvent.CancelRequested(At(9), 0)));
    }

    [Fact]
    public void An_end_without_error_is_an_update()
    {
        var (state, effects) = DeviceMachine.Apply(Apply(Queued(), Grant()), Ended(1, DfuError.None), Policy);
        Assert.Equal((DevicePhase.Done, DeviceOutcome.Updated), (state.Phase, state.Outcome));
        Assert.Equal([new DeviceEffect.ReportOutcome(DeviceOutcome.Updated, DfuError.None)], effects.ToArray());
        Assert.Equal(state.BytesTotal, state.BytesConfirmed);
    }

    [Fact]
    public void A_drop_after_progress_goes_back_to_the_queue_at_once()
    {
        var state = Apply(Queued(), Grant(), Confirmed(1, 4096), Ended(1, DfuError.LinkLost));
        Assert.Equal((DevicePhase.Queued, 0, 1), (state.Phase, state.Fruitless, state.Failures));
    }

    [Fact]
    public void Attempts_without_progress_back_off_longer_and_longer_and_then_fail()
    {
        var state = Queued();
        double now = 0;
        var pauses = new List<double>();
        for (var attempt = 1; attempt <= Policy.MaxFruitlessAttempts; attempt++)
        {
            state = Apply(state, Grant(now), Ended(attempt, DfuError.ConnectTimeout, now));
            if (state.Phase == DevicePhase.Done) break;
            pauses.Add((state.NotBefore!.Value - At(now)).TotalSeconds);
            Assert.Equal(DevicePhase.BackingOff, Apply(state, Waited(now + pauses[^1] - 0.1)).Phase);
            now += pauses[^1];
            state = Apply(state, Waited(now));
            Assert.Equal(DevicePhase.Queued, state.Phase);
        }

        Assert.All(pauses.Zip([1.0, 2.0, 4.0, 8.0]), pause => Assert.InRange(pause.First / pause.Second, 0.8, 1.2));
        Assert.Equal(4, pauses.Count);
        Assert.Equal((DeviceOutcome.Failed, DfuError.ConnectTimeout), (state.Outcome, state.Error));
    }

    [Fact]
    public void What_was_held_before_is_no_progress()
    {
        var state = Apply(
            Queued(), Grant(), Confirmed(1, 8192), Ended(1, DfuError.LinkLost), Grant(2),
            new DeviceEvent.Resumed(2, 0, new(8192, 8192, Diagnosis.Healthy)), Confirmed(2, 8192), Ended(2, DfuError.LinkLost, 3));
        Assert.Equal((DevicePhase.BackingOff, 1), (state.Phase, state.Fruitless));
    }

    [Fact]
    public void A_device_that_makes_progress_and_drops_for_ever_fails_after_the_last_attempt()
    {
        var state = Queued();
        for (var attempt = 1; attempt <= Policy.MaxAttempts; attempt++)
        {
            Assert.Equal(DevicePhase.Queued, state.Phase);
            var resumed = new DeviceEvent.Resumed(attempt, 0, new(4096, 0, Diagnosis.SavesNothing));
            state = Apply(state, Grant(attempt), resumed, Confirmed(attempt, 4096), Ended(attempt, DfuError.LinkLost, attempt));
        }

        Assert.Equal((DeviceOutcome.Failed, DfuError.LinkLost), (state.Outcome, state.Error));
    }

    [Theory]
    [InlineData(DfuError.SignatureRefused)]
    [InlineData(DfuError.HwVersionRefused)]
    [InlineData(DfuError.VersionRefused)]
    [InlineData(DfuError.BondRequired)]
    [InlineData(DfuError.Unexpected)]
    public void An_error_that_repeating_cannot_cure_fails_at_once(DfuError error)
    {
        var state = Apply(Queued(), Grant(), Confirmed(1, 4096), Ended(1, error));
        Assert.Equal((DeviceOutcome.Failed, error), (state.Outcome, state.Error));
    }

    [Fact]
    public void A_version_refused_after_the_last_EXECUTE_was_sent_means_that_it_was_obeyed()
    {
        var lost = Apply(Queued(), Grant(), new DeviceEvent.LastExecute(1, 0, At(1)), Ended(1, DfuError.LinkLost, 2));
        var state = Apply(lost, Waited(3.2), Grant(3.2), Ended(2, DfuError.VersionRefused, 4));
        Assert.Equal(DeviceOutcome.Updated, state.Outcome);
    }

    [Fact]
    public void The_application_heard_after_a_last_EXECUTE_without_answer_may_be_the_old_one_and_proves_nothing()
    {
        var lost = Apply(Queued(), Grant(), new DeviceEvent.LastExecute(1, 0, At(1)), Ended(1, DfuError.LinkLost, 5), Waited(8, heard: 7, asApplication: true));
        Assert.Equal((DevicePhase.Queued, DeviceOutcome.Pending), (lost.Phase, lost.Outcome));
        Assert.True(lost.Images[0].LastExecuteSent);
    }

    [Fact]
    public void Whatever_the_device_holds_afterwards_shows_that_the_last_EXECUTE_was_not_obeyed()
    {
        var state = Apply(
            Queued(), Grant(), Confirmed(1, 98_304), new DeviceEvent.LastExecute(1, 0, At(1)), Ended(1, DfuError.LinkLost, 2), Grant(3),
            new DeviceEvent.Resumed(2, 0, new(98_304, 98_304, Diagnosis.Healthy)));
        Assert.False(state.Images[0].LastExecuteSent);
    }

    [Theory]
    [InlineData(98_304, 98_304)]
    [InlineData(0, 0)]
    public void A_device_that_holds_other_bytes_has_not_obeyed_the_last_EXECUTE_and_may_start_over(long held, long confirmed)
    {
        var state = Apply(
            Queued(), Grant(), Confirmed(1, 98_304), new DeviceEvent.LastExecute(1, 0, At(1)), Ended(1, DfuError.LinkLost, 2), Grant(3),
            new DeviceEvent.Resumed(2, 0, new(98_304, held, Diagnosis.Corrupt)));
        Assert.Equal((confirmed, false), (state.Images[0].Confirmed, state.Images[0].LastExecuteSent));
    }

    [Fact]
    public void A_device_that_saves_nothing_is_believed_to_hold_nothing()
    {
        var state = Apply(
            Queued(), Grant(), Confirmed(1, 8192), Ended(1, DfuError.LinkLost), Grant(2), new DeviceEvent.Resumed(2, 0, new(8192, 0, Diagnosis.SavesNothing)));
        Assert.Equal(0, state.Images[0].Confirmed);
        Assert.Equal([new ResumeRecord(8192, 0, Diagnosis.SavesNothing)], state.Resumes.ToArray());
    }

    [Fact]
    public void A_first_start_is_no_resume() =>
        Assert.Empty(Apply(Queued(), Grant(), new DeviceEvent.Resumed(1, 0, new(0, 0, Diagnosis.Fresh))).Resumes);

    [Fact]
    public void After_a_SoftDevice_part_ten_seconds_are_left_and_the_next_image_is_on()
    {
        var state = Apply(Queued(50_000, 100_000), Grant(), new DeviceEvent.LastExecute(1, 0, At(1)), new DeviceEvent.ImageActivated(1, 0, true, At(2)), Ended(
            1, DfuError.LinkLost, 3));
        Assert.Equal((1, DevicePhase.Queued, At(12)), (state.Image, state.Phase, state.BootloaderUntil));
        Assert.Equal(50_000, state.BytesConfirmed);
    }

    [Fact]
    public void Each_object_gives_the_bootloader_two_more_minutes() =>
        Assert.Equal(At(120.5), Apply(Queued(), Grant(), Confirmed(1, 4096, at: 0.5)).BootloaderUntil);

    [Fact]
    public void A_device_that_accepted_everything_is_updated_as_soon_as_its_application_is_heard()
    {
        var state = Apply(Queued(), Grant(), new DeviceEvent.ImageActivated(1, 0, false, At(2)), new DeviceEvent.Interrupted(1, At(3)));
        Assert.Equal(DevicePhase.Queued, state.Phase);
        Assert.Equal(DeviceOutcome.Updated, Apply(state, Waited(4, heard: 3.5, asApplication: true)).Outcome);
        Assert.Equal(DeviceOutcome.Updated, Apply(state, Waited(124)).Outcome);
    }

    [Fact]
    public void A_stop_from_outside_costs_nothing()
    {
        var state = Apply(Queued(), Grant(), Confirmed(1, 4096), new DeviceEvent.Interrupted(1, At(2)));
        Assert.Equal((DevicePhase.Queued, 0, 0, 4096L), (state.Phase, state.Failures, state.Fruitless, state.Images[0].Confirmed));
    }

    [Fact]
    public void Silence_counts_from_when_it_was_heard_when_it_began_to_wait_and_when_listening_began()
    {
        Assert.Equal(DfuError.NotHeard, Apply(Queued(), Waited(120)).Error);
        Assert.Equal(DevicePhase.Queued, Apply(Queued(), Waited(119)).Phase);
        Assert.Equal(DevicePhase.Queued, Apply(Queued(), Waited(130, heard: 20)).Phase);
        Assert.Equal(DevicePhase.Queued, Apply(Queued(), Waited(130, listening: 20)).Phase);
    }

    [Fact]
    public void Without_any_adapter_for_the_patience_it_fails_for_that_reason()
    {
        Assert.Equal(DevicePhase.Queued, Apply(Queued(), Waited(125, listening: null, deaf: 10)).Phase);
        Assert.Equal(DfuError.NoAdapter, Apply(Queued(), Waited(130, listening: null, deaf: 10)).Error);
    }

    [Fact]
    public void Cancelling_a_waiting_device_ends_it_and_a_running_one_is_stopped_first()
    {
        Assert.Equal(DeviceOutcome.Cancelled, Apply(Queued(), new DeviceEvent.CancelRequested(At(1), 0)).Outcome);

        var (state, effects) = DeviceMachine.Apply(Apply(Queued(), Grant()), new DeviceEvent.CancelRequested(At(1), 0), Policy);
        Assert.Equal([new DeviceEffect.StopAttempt("a", 1, 1, DfuError.Cancelled)], effects.ToArray());
        Assert.Equal(DeviceOutcome.Pending, state.Outcome);
        Assert.Equal(DeviceOutcome.Cancelled, Apply(state, Ended(1, DfuError.Cancelled)).Outcome);
        Assert.Equal(DeviceOutcome.Updated, Apply(state, Ended(1, DfuError.None)).Outcome);
    }

    [Fact]
    public void A_stuck_data_path_is_left_alone_until_the_bootloader_resets()
    {
        var state = Apply(Queued(), Grant(), Ended(1, DfuError.DataPathStuck, 1));
        Assert.Equal((DevicePhase.BackingOff, At(121)), (state.Phase, state.NotBefore));
    }

    [Fact]
    public void A_failed_device_may_be_tried_again_and_keeps_what_it_has()
    {
        var failed = Apply(Queued(), Grant(), Confirmed(1, 4096), Ended(1, DfuError.SignatureRefused));
        var state = Apply(failed, new DeviceEvent.RetryRequested(At(9), 1));
        Assert.Equal((DevicePhase.Queued, DeviceOutcome.Pending, DfuError.None, 4096L, 1),
            (state.Phase, state.Outcome, state.Error, state.Images[0].Confirmed, state.Attempt));
        var done = Apply(Queued(), Grant(), Ended(1, DfuError.None));
        Assert.Equal(done with { Run = 1 }, Apply(done, new DeviceEvent.RetryRequested(At(9), 1)));
        Assert.Same(state, Apply(state, new DeviceEvent.RetryRequested(At(10), 1)));
    }

    [Fact]
    public void What_is_outstanding_follows_from_the_state_alone()
    {
        Assert.Equal([new DeviceEffect.RequestSlot()], DeviceMachine.Outstanding(Queued()).ToArray());
        var running = Apply(Queued(), Grant());
        Assert.Equal([new DeviceEffect.StartAttempt("a", 1, 1)], DeviceMachine.Outstanding(running).ToArray());
        var (stops, over) = (Apply(running, new DeviceEvent.CancelRequested(At(1), 0)), Apply(running, Ended(1, DfuError.None)));
        Assert.Equal([new DeviceEffect.StopAttempt("a", 1, 1, DfuError.Cancelled)], DeviceMachine.Outstanding(stops).ToArray());
        Assert.Equal([new DeviceEffect.ReportOutcome(DeviceOutcome.Updated, DfuError.None)], DeviceMachine.Outstanding(over).ToArray());
    }

    [Fact]
    public void What_an_attempt_found_counts_once_however_often_it_is_reported()
    {
        DeviceEvent found = new DeviceEvent.Resumed(1, 0, new(8192, 4096, Diagnosis.BackAtSave)) { Number = 1 };
        DeviceEvent confirmed = Confirmed(1, 8192) with { Number = 2 };
        var state = Apply(Queued(), Grant(), found, confirmed, found, confirmed);
        Assert.Single(state.Resumes);
        Assert.Equal(8192, state.Images[0].Confirmed);
        state = Apply(state, new DeviceEvent.Interrupted(1, At(2)), Grant(3), new DeviceEvent.Resumed(2, 0, new(8192, 4096, Diagnosis.BackAtSave)));
        Assert.Equal(2, state.Resumes.Length);
    }

    [Fact]
    public void Checkpoints_have_no_effects()
    {
        var running = Apply(Queued(), Grant());
        DeviceEvent[] checkpoints = [Confirmed(1, 4096), new DeviceEvent.Saved(1, 0, 4096), new DeviceEvent.PhaseChanged(1, DevicePhase.Sending, At(1)),
            new DeviceEvent.Resumed(1, 0, new(0, 0, Diagnosis.Fresh))];
        Assert.All(checkpoints, e => Assert.True(e.IsCheckpoint));
        Assert.All(checkpoints, e => Assert.Empty(DeviceMachine.Apply(running, e, Policy).Effects));
    }

    [Fact]
    public void A_state_survives_being_stored()
    {
        var state = Apply(
            Queued(50_000, 100_000), Grant(), new DeviceEvent.ClassLearned(1, "hw52/init512/mtu247"), Confirmed(1, 4096), new DeviceEvent.Saved(1, 0, 4096),
            new DeviceEvent.Resumed(1, 0, new(4096, 4096, Diagnosis.Healthy)), new DeviceEvent.LastExecute(1, 0, At(1)));
        var json = FleetJson.Write(state);
        var read = FleetJson.Read<DeviceState>(json);
        Assert.Equal(json, FleetJson.Write(read));
        Assert.Contains("\"v\":1", json, StringComparison.Ordinal);
        Assert.Equal(state.Images.ToArray(), read.Images.ToArray());
        Assert.Equal((state.Attempt, state.Phase, state.Heard), (read.Attempt, read.Phase, read.Heard));
    }

    [Fact]
    public void A_state_of_a_newer_program_is_refused_and_garbage_is_named()
    {
        var newer = FleetJson.Write(Queued() with { Version = DeviceState.CurrentVersion + 1 });
        Assert.Equal(DfuError.DataDirectoryForeign, Assert.Throws<DfuException>(() => FleetJson.Read<DeviceState>(newer)).Error);
        foreach (var garbage in new[] { "", "{", "{}", "[]", "null", "{\"v\":\"x\"}", "{\"v\":1}", "{\"v\":1,\"id\":\"zz\"}" })
            Assert.Equal(DfuError.DataDirectoryUnusable, Assert.Throws<DfuException>(() => FleetJson.Read<DeviceState>(garbage)).Error);
    }

    [Fact]
    public void A_state_stored_before_a_field_existed_reads_with_its_default()
    {
        var read = FleetJson.Read<DeviceState>("""{"v":1,"id":"C0:00:00:00:00:10","application":"C0:00:00:00:00:10","imageSizes":[10],"images":[{}]}""");
        Assert.Equal("", read.Detail);
        Assert.Empty(read.Resumes);
        Assert.Equal(read.Resumes.Length, Apply(read, Grant()).Resumes.Length);
    }
}
