using Dfu.Cluster.Tests.Scheduling;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Tests.Scheduling;

public sealed class LatelyHeardTests
{
    private const string A = "one/sim:a";
    private const string B = "two/sim:b";
    private readonly Room _room = new();

    [Fact]
    public void What_was_heard_just_before_a_campaign_came_is_found_by_it_and_need_not_be_heard_again_to_get_a_slot()
    {
        _room.Report(A, Room.Application(1));
        _room.After(0.9);
        _room.Collect("x");
        Assert.Equal([Room.Device(1)], Assert.Single(_room.Board.TakeFound()).Devices.ToArray());
        _room.Collect("x", null, 1);
        Assert.Equal(TimeSpan.FromSeconds(0.9), _room.Ask("x", 1, waitingFor: 0).LastHeard);
        Assert.Equal((Room.Device(1), A), Granted());
    }

    [Fact]
    public void A_target_that_its_campaign_does_not_speak_of_yet_was_heard_all_the_same()
    {
        _room.Collect("x");
        _room.Report(A, Room.Application(1));
        _room.After(0.05);
        Assert.Equal(TimeSpan.FromSeconds(0.05), _room.Ask("x", 1, waitingFor: 0).LastHeard);
        Assert.Equal((Room.Device(1), A), Granted());
    }

    [Fact]
    public void After_an_attempt_of_its_campaign_a_device_has_to_be_heard_again()
    {
        _room.Watch("x", 1);
        _room.Report(A, Room.Application(1));
        _room.After(0.05);
        _room.Ask("x", 1, waitingFor: 0, attempt: 3);
        Assert.Empty(_room.Plan());
        _room.Ask("x", 1, waitingFor: 0, attempt: 3, with: static device => device with { EarlierAttempts = 3 });
        Assert.Equal((Room.Device(1), A), Granted());
    }

    [Fact]
    public void What_was_heard_longer_ago_or_by_a_radio_that_went_away_is_not_found()
    {
        _room.Report(A, Room.Application(1));
        _room.After(0.5);
        _room.Report(B, Room.Application(2));
        _room.Board.Report(new() { State = _room.Adapter(B), Deaf = true }, _room.Now);
        _room.After(0.6);
        _room.Collect("x");
        Assert.Empty(_room.Board.TakeFound());
    }

    [Fact]
    public void An_advertisement_from_before_the_last_attempt_ended_counts_by_its_age()
    {
        _room.Watch("x", 1);
        _room.Ask("x", 1, waitingFor: 1, attempt: 1, clockAhead: TimeSpan.FromMinutes(5));
        _room.Report(A, TimeSpan.FromSeconds(1.5), Room.Application(1));
        Assert.Empty(_room.Plan());
        _room.Report(A, TimeSpan.FromSeconds(0.5), Room.Application(1));
        Assert.Single(_room.Plan());
    }

    [Fact]
    public void A_target_that_comes_later_costs_nothing_of_what_others_were_heard()
    {
        Assert.InRange(Bytes(heard: 4_000, Asks), 0, 2 * Bytes(heard: 400, Asks));
        Assert.InRange(Bytes(heard: 4_000, Watches), 0, 2 * Bytes(heard: 400, Watches));

        static void Asks(Room room, int n) => room.Ask("x", n, waitingFor: 0);
        static void Watches(Room room, int n) => room.Watch("x", [.. Enumerable.Range(1, n)]);
    }

    /// <summary>What is allocated when a hundred targets of a campaign come one after another, who were heard with many others.</summary>
    private static long Bytes(int heard, Action<Room, int> come)
    {
        var room = new Room();
        room.Report(A, [.. Enumerable.Range(1, heard).Select(static n => Room.Application(n))]);
        room.Watch("x");
        come(room, 1);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var n = 2; n <= 100; n++) come(room, n);
        var after = GC.GetAllocatedBytesForCurrentThread();
        Assert.All(Enumerable.Range(1, 100), n => Assert.Equal(TimeSpan.Zero, room.Ask("x", n, waitingFor: 0).LastHeard));
        return after - before;
    }

    private (BluetoothAddress Device, string Adapter) Granted()
    {
        var grant = Assert.Single(_room.Plan());
        return (grant.Device, grant.Event.Adapter);
    }
}
