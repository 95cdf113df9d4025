using Dfu.Fleet.Devices;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Tests.Devices;

public sealed class AdviceTests
{
    private static readonly DeviceState Updated = DeviceSteps.Queued(204_800) with
    {
        Phase = DevicePhase.Done, Outcome = DeviceOutcome.Updated, Adapter = "hci0", Class = "hw52/init512/mtu247",
    };

    [Fact]
    public void A_device_that_waited_most_of_its_time_needs_another_adapter() => Says(
        new() { Waiting = 70, Air = 30 }, "It waited 70 % of the time for a slot of an adapter: another adapter beside hci0 would help.");

    [Fact]
    public void One_that_paused_has_a_history_of_failures() => Says(
        new() { BackingOff = 30, Air = 70 },
        "It paused 30 % of the time after 4 attempts that failed: see its history for what they ended with.",
        Updated with { Failures = 4 });

    [Fact]
    public void Drops_that_cost_much_are_laid_at_a_bootloader_that_saves_nothing() => Says(
        new() { Air = 100 },
        "2 drops cost 31 KiB that were sent twice: its bootloader saves nothing by itself; one built with NRF_DFU_SAVE_PROGRESS_IN_FLASH=1 would lose "
            + "4 KiB at a drop, and take longer where none happens.",
        Dropped(Diagnosis.SavesNothing));

    [Theory]
    [InlineData(-86, "2 drops cost 31 KiB that were sent twice: it is heard at -86 dBm; bring it nearer to an adapter.")]
    [InlineData(-50, "2 drops cost 31 KiB that were sent twice: look for distance or noise.")]
    public void Drops_of_a_bootloader_that_keeps_what_it_has_are_laid_at_the_air(int rssi, string says) =>
        Says(new() { Air = 100 }, says, Dropped(Diagnosis.Healthy), rssi);

    [Theory]
    [InlineData(-90, "Connecting took 40 % of the time: it is heard at -90 dBm; bring it nearer to an adapter.")]
    [InlineData(-50, "Connecting took 40 % of the time: it is heard seldom, or its adapter connects to many.")]
    public void Connects_that_take_long_are_laid_at_the_signal_or_the_adapter(int rssi, string says) =>
        Says(new() { Connecting = 40, Air = 60 }, says, rssi: rssi);

    [Theory]
    [InlineData(
        "hw52/init256/mtu23",
        "90 % of the time went into packets of 20 bytes, for its MTU is 23: a bootloader of SDK 15 or later takes 244 at once.")]
    [InlineData(
        "hw52/init512/mtu23",
        "90 % of the time went into packets of 20 bytes: its bootloader takes 244, so an adapter with a larger MTU than 23 would help.")]
    public void Small_packets_are_laid_at_whoever_makes_them_small(string known, string says) =>
        Says(new() { Air = 90, Creating = 10 }, says, Updated with { Class = known });

    [Fact]
    public void Flash_sets_the_pace_of_a_bootloader_that_saves_no_more_than_it_must() => Says(
        new() { Creating = 20, Guard = 21, Executing = 20, Air = 39 },
        "61 % of the time its flash was erased and written: the chip sets that pace, so there is nothing to gain.");

    [Fact]
    public void A_bootloader_that_saves_after_every_object_could_be_faster() => Says(
        new() { Creating = 20, Guard = 21, Executing = 20, Air = 39 },
        "61 % of the time its flash was busy, and its bootloader saves its progress after every object: one built without would take half as long.",
        Updated with { Costs = new() { Wear = new(50, 53, 1) } });

    [Fact]
    public void A_finish_that_takes_long_need_not_be_waited_for() => Says(
        new() { Finishing = 60, Air = 40 }, "60 % of the time it copied the image and started: --no-verify does not wait for that.");

    [Fact]
    public void Nothing_is_said_of_a_device_that_was_quick_even_or_failed()
    {
        Assert.Null(Advice.Of(Updated with { Costs = new() { Time = new() { Waiting = 4 } } }, -50));
        Assert.Null(Advice.Of(Updated with { Costs = new() { Time = new() { Waiting = 30, Air = 35, Finishing = 35 } } }, -50));
        Assert.Null(Advice.Of(Updated with { Outcome = DeviceOutcome.Failed, Costs = new() { Time = new() { Waiting = 100 } } }, -50));
    }

    private static DeviceState Dropped(Diagnosis diagnosis) => Updated with
    {
        BytesSent = 200_000 + 31_744, BytesDistinct = 200_000, ResumeTotals = new(2, 4096), Resumes = [new(8192, 0, diagnosis)],
    };

    private static void Says(TimeSpent time, string says, DeviceState? device = null, int rssi = -50)
    {
        var state = device ?? Updated;
        Assert.Equal(says, Advice.Of(state with { Costs = state.Costs with { Time = time } }, rssi));
    }
}
