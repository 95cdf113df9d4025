using Dfu.Adapters;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;
using static Dfu.Fleet.Tests.Devices.DeviceSteps;

namespace Dfu.Fleet.Tests.Devices;

/// <summary>What an attempt is given and reports is in the device's state, each in its place: the next attempt, and reports, go by it.</summary>
public sealed class DeviceBookkeepingTests
{
    private static readonly BluetoothAddress Other = BluetoothAddress.Parse("C0:00:00:00:00:77");

    [Fact]
    public void A_grant_says_all_of_the_attempt_and_leaves_nothing_of_the_one_before()
    {
        var cancelled = Ended(1, DfuError.Cancelled, 2) with { Number = 12 };
        var before = Apply(Queued(), Grant(), Confirmed(1, 8192) with { Number = 9 }, new DeviceEvent.PauseRequested(1, At(1)), cancelled);
        Assert.Equal((12, true, true), (before.LastEvent, before.AttemptFruitful, before.Paused));
        var heard = new Advertisement(Other, AddressType.Public, -42, "x", DfuService: false, Connectable: true);
        var second = Apply(before, new DeviceEvent.Granted(2, "b", 7, heard, Other, Other.Bootloader, Probe: true, At(3)));
        Assert.Equal((2, "b", 7, DevicePhase.Connecting, 0), (second.Attempt, second.Adapter, second.AdapterEpoch, second.Phase, second.LastEvent));
        Assert.Equal((heard, Other, Other.Bootloader, true), (second.Heard, second.Application, second.Bootloader, second.Probing));
        Assert.Equal((8192L, false, false, null), (second.AttemptBase, second.AttemptFruitful, second.Paused, second.NotBefore));
        Assert.Equal(At(0), second.StartedAt);
    }

    [Fact]
    public void Reports_are_counted_anew_in_each_attempt()
    {
        var second = Apply(Queued(), Grant(), Ended(1, DfuError.AdapterLost) with { Number = 5 }, Grant(2), Confirmed(2, 4096) with { Number = 1 });
        Assert.Equal((4096L, 1), (second.Images[0].Confirmed, second.LastEvent));
        Assert.Same(second, Apply(second, Confirmed(2, 8192) with { Number = 1 }));
    }

    [Fact]
    public void What_an_attempt_finds_out_is_kept()
    {
        var state = Apply(
            Queued(),
            Grant(),
            new DeviceEvent.Identified(1, Other, Other.Bootloader),
            new DeviceEvent.ClassLearned(1, "512/247/52"),
            Confirmed(1, 8192),
            new DeviceEvent.Saved(1, 0, 4096));
        Assert.Equal((Other, Other.Bootloader, "512/247/52"), (state.Application, state.Bootloader, state.Class));
        Assert.Equal((8192L, 4096L), (state.Images[0].Confirmed, state.Images[0].Saved));
        Assert.Same(state, Apply(state, new DeviceEvent.ClassLearned(1, "512/247/52")));
        Assert.Equal("256/23/52", Apply(state, new DeviceEvent.ClassLearned(1, "256/23/52")).Class);
    }

    [Fact]
    public void Only_the_attempt_under_way_tells_of_an_application()
    {
        var state = Apply(Queued(), Grant());
        Assert.True(Apply(state, new DeviceEvent.Told(1, "1", null)).HadApplication);
        Assert.Same(state, Apply(state, new DeviceEvent.Told(2, "1", null)));
        Assert.Same(state, Apply(state, new DeviceEvent.Saved(1, 1, 4096), new DeviceEvent.LastExecute(1, -1, At(2))));
    }

    [Fact]
    public void The_last_EXECUTE_gives_the_bootloader_two_more_minutes_and_says_what_the_device_runs_if_it_obeys()
    {
        var identity = new ImageIdentity(ImageType.Application, 3, new string('0', 64), 52, null);
        var state = Apply(Queued(), Grant(), new DeviceEvent.LastExecute(1, 0, At(9)) { Identity = identity });
        Assert.Equal((true, identity, At(129)), (state.Images[0].LastExecuteSent, state.Images[0].Identity, state.BootloaderUntil));
        Assert.Equal(identity, Apply(state, new DeviceEvent.LastExecute(1, 0, At(10))).Images[0].Identity);
    }

    [Theory]
    [InlineData(DevicePhase.Connecting, 125.5)]
    [InlineData(DevicePhase.SendingInit, 129)]
    [InlineData(DevicePhase.Sending, 125.5)]
    public void Only_an_init_packet_gives_the_bootloader_two_more_minutes_when_a_phase_begins(DevicePhase phase, double until) =>
        Assert.Equal(At(until), Apply(Queued(), Grant(), Confirmed(1, 4096, 5.5), new DeviceEvent.PhaseChanged(1, phase, At(9))).BootloaderUntil);

    [Fact]
    public void The_image_that_is_sent_now_counts_from_what_was_confirmed_of_it()
    {
        var queued = Queued(8192, 100_000);
        var state = Apply(queued with { Images = queued.Images.SetItem(1, new() { Confirmed = 4096 }) }, Grant());
        Assert.Same(state, Apply(state, new DeviceEvent.ImageStarted(1, 0)));
        var second = Apply(state, new DeviceEvent.ImageStarted(1, 1));
        Assert.Equal((1, 4096L), (second.Image, second.AttemptBase));
    }

    [Theory]
    [InlineData(true, false, DeviceOutcome.Updated, FinishCheck.Heard)]
    [InlineData(false, false, DeviceOutcome.Updated, FinishCheck.Accepted)]
    [InlineData(true, true, DeviceOutcome.AlreadyCurrent, FinishCheck.None)]
    public void An_end_tells_how_the_update_was_found_out(bool heard, bool current, DeviceOutcome outcome, FinishCheck check)
    {
        var state = Apply(Queued(), Grant(), Ended(1, DfuError.None, heard: heard) with { AlreadyCurrent = current });
        Assert.Equal((outcome, check), (state.Outcome, state.Finish.Check));
    }

    [Fact]
    public void A_device_whose_application_said_something_else_is_sent_everything_again_when_it_is_asked_for()
    {
        var sent = Queued(8192, 100_000);
        var failed = sent with
        {
            Phase = DevicePhase.Done,
            Outcome = DeviceOutcome.Failed,
            Error = DfuError.ApplicationDiffers,
            Images = [.. sent.Images.Select(static image => image with { Activated = true, Confirmed = 8192 })],
            Image = 1,
            ActivatedAt = At(5),
            CancelRequested = true,
        };
        var again = Apply(failed, new DeviceEvent.RetryRequested(At(9), failed.Run + 1));
        Assert.Equal((DevicePhase.Queued, 0, false, At(9)), (again.Phase, again.Image, again.CancelRequested, again.WaitingSince));
        Assert.Null(again.ActivatedAt);
        Assert.All(again.Images, static image => Assert.Equal((false, 0L), (image.Activated, image.Confirmed)));
    }

    [Fact]
    public void A_failed_devices_bootloader_is_still_waited_out_and_an_updated_ones_is_not()
    {
        Assert.Equal(At(120.5), Apply(Queued(), Grant(), Confirmed(1, 4096), Ended(1, DfuError.VersionRefused)).BootloaderUntil);
        Assert.Null(Apply(Queued(), Grant(), Confirmed(1, 4096), Ended(1, DfuError.None)).BootloaderUntil);
    }

    [Fact]
    public void A_device_that_waits_again_waits_from_then_on_and_probes_no_more()
    {
        var waits = Apply(Queued(), Grant() with { Probe = true }, new DeviceEvent.Interrupted(1, At(7)));
        Assert.Equal((DevicePhase.Queued, At(7), false), (waits.Phase, waits.WaitingSince, waits.Probing));
        var pauses = Apply(waits, Grant(8), new DeviceEvent.Interrupted(2, At(11)));
        Assert.Equal((DevicePhase.BackingOff, At(11)), (pauses.Phase, pauses.WaitingSince));
    }

    [Fact]
    public void An_attempt_that_is_interrupted_says_so_until_the_next_one_says_more()
    {
        var state = Apply(Queued(), Grant(), new DeviceEvent.Interrupted(1, At(1)));
        Assert.Equal((DfuError.Interrupted, "it was refused, or nothing more was heard of it"), (state.Error, state.Detail));
    }

    [Fact]
    public void Times_of_a_clock_that_was_ahead_are_brought_back_to_the_longest_they_may_be()
    {
        var stored = Apply(Queued(), Grant(5000), Confirmed(1, 4096, 5001), Ended(1, DfuError.LinkLost, 5002)) with { ActivatedAt = At(5000) };
        var taken = DeviceMachine.TakeUp(stored, At(10), Policy);
        Assert.Equal((At(10), At(130), At(10)), (taken.WaitingSince, taken.BootloaderUntil, taken.ActivatedAt));
        var waits = stored with { NotBefore = At(9000), Fruitless = 1 };
        Assert.InRange(DeviceMachine.TakeUp(waits, At(10), Policy).NotBefore!.Value, At(10), At(12));
    }

    [Fact]
    public void Times_that_have_passed_stay_as_they_are()
    {
        var stored = Apply(Queued(), Grant(), Confirmed(1, 4096), Ended(1, DfuError.LinkLost, 2)) with { ActivatedAt = At(1), NotBefore = At(3) };
        var taken = DeviceMachine.TakeUp(stored, At(5000), Policy);
        Assert.Equal((stored.BootloaderUntil, stored.ActivatedAt, stored.NotBefore), (taken.BootloaderUntil, taken.ActivatedAt, taken.NotBefore));
        Assert.Null(DeviceMachine.TakeUp(Queued(), At(5000), Policy).NotBefore);
    }
}
