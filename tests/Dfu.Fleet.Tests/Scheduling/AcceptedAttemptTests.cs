using Dfu.Cluster.Tests.Scheduling;

namespace Dfu.Fleet.Tests.Scheduling;

public sealed class AcceptedAttemptTests
{
    private const string A = "one/sim:a";
    private readonly Room _room = new();

    [Fact]
    public void Whoever_asks_as_if_a_device_had_not_accepted_an_attempt_that_it_has_is_told_and_does_not_wait()
    {
        _room.Watch("x", 1);
        Assert.Equal(0, _room.Ask("x", 1).Accepted);
        _room.Report(A, Room.Application(1));
        var grant = Assert.Single(_room.Plan());
        Assert.Equal(0, _room.Ask("x", 1).Accepted);
        _room.Board.Accepted(grant);
        Assert.Equal((1, 0), (_room.Ask("x", 1).Accepted, _room.Board.Waits));
        Assert.Equal((1, 1), (_room.Ask("x", 1, attempt: 1).Accepted, _room.Board.Waits));

        // In another campaign the device counts its attempts anew.
        _room.Watch("y", 1);
        Assert.Equal((0, 1), (_room.Ask("y", 1).Accepted, _room.Board.Waits));
    }
}
