using Dfu.Cluster.Tests.Scheduling;
using Dfu.Cluster.Tests.Support;
using Dfu.Cluster.Tests.Telemetry;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Shells.Scheduling;

namespace Dfu.Fleet.Tests.Scheduling;

public sealed class SchedulerGaugeTests
{
    private readonly Room _room = new();

    [Fact]
    public void It_tells_the_next_deadline_and_who_has_missed_his()
    {
        using var listening = new Told();
        var time = new HandTime();
        var gauge = new SchedulerGauge(time);
        _room.Watch("c", 1, 2, 3, 4);
        _room.Report("one", Room.Bootloader(1), Room.Bootloader(2), Room.Application(3), Room.Bootloader(4));
        Ask(1, until: 30);
        Ask(2, until: 50);
        Ask(3, until: 10); // in its application again
        Ask(4, until: null);
        gauge.Look(_room.Board);
        Assert.Equal((4, 0, TimeSpan.FromSeconds(30)), (gauge.Read().Waiting, gauge.Read().Overdue, gauge.Read().Slack));

        time.Advance(TimeSpan.FromSeconds(35));
        Assert.Equal((1, TimeSpan.FromSeconds(15)), (gauge.Read().Overdue, gauge.Read().Slack));
        time.Advance(TimeSpan.FromSeconds(15));
        Assert.Equal((2, null), (gauge.Read().Overdue, gauge.Read().Slack));

        _room.Board.Watch(new() { Campaign = "c", Over = true }, _room.Now);
        gauge.Look(_room.Board);
        Assert.Equal((0, 0, null), (gauge.Read().Waiting, gauge.Read().Overdue, gauge.Read().Slack));
    }

    [Fact]
    public void A_wait_begins_with_the_first_request_for_the_slot_and_not_with_a_pause_or_a_hold()
    {
        Hold(true);
        _room.Report("one", Room.Application(1));
        Ask(1);
        _room.After(5);
        Hold(false);
        Ask(1, phase: DevicePhase.BackingOff);
        _room.After(1);
        Ask(1);
        var first = _room.Now;
        _room.After(2);
        _room.Report("one", Room.Application(1));
        Ask(1);
        _room.After(0.5);
        Assert.Equal(first, Assert.Single(_room.Plan()).AskedAt);

        void Hold(bool held) => _room.Board.Watch(new() { Campaign = "c", Held = held, Devices = [new() { Device = Room.Device(1) }] }, _room.Now);
    }

    private void Ask(int device, double? until = null, DevicePhase phase = DevicePhase.Queued) => _room.Ask(
        "c", device, with: state => state with { Phase = phase, BootloaderUntil = until is { } seconds ? _room.Now.AddSeconds(seconds) : null });
}
