using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using static Dfu.Fleet.Tests.Devices.DeviceSteps;

namespace Dfu.Fleet.Tests.Devices;

public sealed class DeviceCostsTests
{
    [Fact]
    public void Waits_attempts_and_pauses_add_up_to_all_of_the_time()
    {
        var state = Apply(
            Queued(),
            Grant(4),
            With(Confirmed(1, 50_000, 8), new() { Connecting = 1, Air = 3 }, new(10, 1, 0)),
            Ended(1, DfuError.LinkLost, 10) with { Cost = new(new() { Connecting = 1, Air = 4 }, new(12, 1, 0)) },
            Grant(12),
            With(Confirmed(2, 70_000, 14), new() { Air = 1.5 }, new(5, 0, 0)),
            new DeviceEvent.Interrupted(2, At(17)));
        Assert.Equal(17, state.Costs.Time.Total, 6);
        Assert.Equal(new TimeSpent { Waiting = 6, Connecting = 1 + 1 + 3.5, Air = 5.5 }, state.Costs.Time); // what was not told went into its phase
        Assert.Equal(new DeviceWear(17, 1, 0), state.Costs.Wear);
    }

    [Fact]
    public void A_report_that_comes_again_counts_once()
    {
        var report = With(Confirmed(1, 50_000, 8), new() { Air = 3 }, new(10, 1, 0));
        var state = Apply(Queued(), Grant(4), report, report);
        Assert.Equal((3, new DeviceWear(10, 1, 0)), (state.Costs.Time.Air, state.Costs.Wear));
    }

    [Fact]
    public void A_device_under_way_shows_its_time_up_to_now()
    {
        Assert.Equal(new TimeSpent { Waiting = 3 }, DeviceViews.Of(Queued(), default, 0, null, At(3)).Time);
        var sending = Apply(Queued(), Grant(4), new DeviceEvent.PhaseChanged(1, DevicePhase.Sending, At(5)));
        Assert.Equal(new TimeSpent { Waiting = 4, Air = 6 }, DeviceViews.Of(sending, default, 0, null, At(10)).Time);
    }

    [Fact]
    public void A_device_that_is_asked_for_again_was_not_waiting_meanwhile()
    {
        var state = Apply(Queued(), Grant(1), Ended(1, DfuError.SignatureRefused, 2), new DeviceEvent.RetryRequested(At(1000), 1), Grant(1003));
        Assert.Equal(5, state.Costs.Time.Total, 6);
    }

    [Fact]
    public void Copying_is_counted_where_an_application_was_there()
    {
        Assert.Equal(new DeviceWear(0, 2, 1), Apply(Queued(), Grant(), Activated()).Costs.Wear);
        Assert.Equal(new DeviceWear(25, 2, 1), Apply(Queued(), Grant(), new DeviceEvent.PhaseChanged(1, DevicePhase.Jumping, At(0.5)), Activated()).Costs.Wear);
    }

    [Fact]
    public void Moments_on_the_wall_are_kept_from_when_they_came()
    {
        var wall = new DateTimeOffset(2026, 11, 30, 4, 0, 0, TimeSpan.Zero);
        var queued = Queued();
        Assert.Same(queued, queued.OnWall(wall));
        var started = Apply(queued, Grant()).OnWall(wall);
        var ended = Apply(started, Ended(1, DfuError.None)).OnWall(wall.AddMinutes(1));
        Assert.Equal((wall, wall.AddMinutes(1)), (ended.StartedOnWall, ended.EndedOnWall));
        Assert.Same(ended, ended.OnWall(wall.AddMinutes(2)));
    }

    private static DeviceEvent.ImageActivated Activated() => new(1, 0, false, At(1));

    private static DeviceEvent.Confirmed With(DeviceEvent.Confirmed e, TimeSpent time, DeviceWear wear) => e with { Cost = new(time, wear) };
}
