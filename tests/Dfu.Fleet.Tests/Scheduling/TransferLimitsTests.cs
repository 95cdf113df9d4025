using Dfu.Cluster.Tests.Scheduling;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Peers;

namespace Dfu.Fleet.Tests.Scheduling;

/// <summary>What campaigns may have at once, and what hosts allow.</summary>
public sealed class TransferLimitsTests
{
    private const string A = "one/sim:a";
    private const string B = "two/sim:b";
    private static readonly string[] Three = [A, B, "three/sim:c"];

    private readonly Room _room = new();

    [Fact]
    public void No_more_transfers_at_once_than_a_campaign_allows_over_all_adapters_and_another_goes_on_beside_it()
    {
        _room.Watch("x", new CampaignLimits { MaxConcurrency = 2 }, 1, 2, 3);
        foreach (var n in new[] { 1, 2, 3 }) _room.Ask("x", n);
        foreach (var adapter in Three) _room.Report(adapter, Room.Application(1), Room.Application(2), Room.Application(3));
        Assert.Equal(2, _room.Plan().Length);
        Assert.Empty(_room.Plan());
        _room.Watch("y", 4, 5);
        foreach (var n in new[] { 4, 5 }) _room.Ask("y", n);
        foreach (var adapter in Three) _room.Report(adapter, Room.Application(3), Room.Application(4), Room.Application(5));
        Assert.Equal([Room.Device(4)], _room.Plan().Select(static grant => grant.Device)); // the third adapter is the only one that does not connect
    }

    [Fact]
    public void What_a_campaign_has_under_way_counts_however_the_scheduler_learned_of_it()
    {
        _room.Change(A, static state => state with { Slots = [new(Room.Device(1), 1)] });
        _room.Watch("x", new CampaignLimits { MaxConcurrency = 1 }, 1, 2);
        _room.Ask("x", 2);
        var transfer = new LiveTransfer { Campaign = "x", Device = Room.Device(1), Attempt = 1 };
        _room.Board.Report(new() { State = _room.Adapter(A), Transfers = [transfer] }, _room.Now);
        _room.Report(B, Room.Application(2));
        Assert.Empty(_room.Plan());
        _room.Change(A, static state => state with { Slots = [] });
        _room.Report(A);
        Assert.Single(_room.Plan());
    }

    [Fact]
    public void No_more_transfers_at_once_than_a_campaign_allows_on_one_adapter()
    {
        _room.Change(A, static state => state with { Slots = [new(Room.Device(1), 1)] });
        _room.Watch("x", new CampaignLimits { MaxTransfersPerAdapter = 1 }, 1, 2);
        _room.Ask("x", 2);
        _room.Board.Report(
            new()
            {
                State = _room.Adapter(A),
                Transfers = [new() { Campaign = "x", Device = Room.Device(1), Attempt = 1 }],
                Heard = [new(Room.Application(2), default)],
            },
            _room.Now);
        Assert.Empty(_room.Plan());
        _room.Report(B, Room.Application(2, rssi: -90));
        Assert.Equal(B, Assert.Single(_room.Plan()).Event.Adapter);
    }

    [Fact]
    public void No_more_transfers_at_once_than_a_campaign_allows_over_the_adapters_of_a_host()
    {
        const string Second = "one/sim:b";
        _room.Watch("x", new CampaignLimits { MaxTransfersPerHost = 1 }, 1, 2, 3);
        foreach (var n in new[] { 1, 2, 3 }) _room.Ask("x", n);
        foreach (var adapter in new[] { A, Second, B }) _room.Report(adapter, Room.Application(1), Room.Application(2), Room.Application(3));
        Assert.Equal(["one", "two"], _room.Plan().Select(static grant => AdapterId.SiloOf(grant.Event.Adapter)).Order(StringComparer.Ordinal));
        Assert.Empty(_room.Plan());
    }

    [Fact]
    public void A_campaign_of_a_higher_priority_goes_first_and_within_one_whoever_waited_longest()
    {
        _room.Watch("low", 1, 2);
        _room.Board.Watch(
            new() { Campaign = "high", Priority = 9, Devices = [new() { Device = Room.Device(3) }, new() { Device = Room.Device(4) }] }, _room.Now);
        _room.Ask("low", 1, waitingFor: 60);
        _room.Ask("low", 2, waitingFor: 5);
        _room.Ask("high", 3, waitingFor: 1);
        _room.Ask("high", 4, waitingFor: 2);
        var order = new List<ulong>();
        for (var n = 0; n < 4; n++)
        {
            // One in its bootloader goes before them all.
            _room.Report(A, Room.Application(1), Room.Bootloader(2), Room.Application(3), Room.Application(4));
            var grant = Assert.Single(_room.Plan());
            order.Add(grant.Device.Value);
            _room.Change(A, static state => state with { Limit = new() { Current = 9, Ceiling = 9 } });
            _room.Show(grant);
        }

        Assert.Equal(new[] { 2, 4, 3, 1 }.Select(static n => Room.Device(n).Value), order);
    }

    [Fact]
    public void Nobody_of_a_held_campaign_begins_or_is_missed_and_after_the_hold_silence_counts_from_its_end()
    {
        _room.Report(A);
        Hold(true);
        _room.Ask("x", 1, waitingFor: 500);
        for (var second = 0; second < 300; second += 5)
        {
            _room.After(5);
            _room.Report(A, Room.Application(1));
            Hold(true);
            Assert.Empty(_room.Plan());
        }

        var air = _room.Ask("x", 1, waitingFor: 500);
        Assert.Equal((true, TimeSpan.Zero, null), (air.Known, air.Listening, air.Deaf));
        Hold(false);
        _room.After(7);
        _room.Report(A);
        Hold(false);
        Assert.Equal(TimeSpan.FromSeconds(7), _room.Ask("x", 1, waitingFor: 500).Listening);
        Assert.Single(_room.Plan());

        // Without an adapter, too.
        Hold(true);
        _room.After(3600);
        Hold(true);
        Assert.Equal(TimeSpan.Zero, _room.Ask("x", 1, waitingFor: 500).Deaf);

        void Hold(bool held) => _room.Board.Watch(new() { Campaign = "x", Held = held, Devices = [new() { Device = Room.Device(1) }] }, _room.Now);
    }

    [Fact]
    public void A_unit_that_is_missed_is_found_again_and_one_that_is_done_is_not()
    {
        _room.Board.Watch(
            new()
            {
                Campaign = "x",
                Collecting = true,
                NamedByApplication = true,
                Devices = [new() { Device = Room.Device(1) }, new() { Device = Room.Device(2) }],
                Missing = [Room.Device(2)],
            },
            _room.Now);
        _room.Report(A, Room.Application(1), Room.Application(2));
        Assert.Equal(Room.Device(2), Assert.Single(Assert.Single(_room.Board.TakeFound()).Devices));
    }

    [Fact]
    public void A_host_has_its_own_ceiling_for_its_own_adapters()
    {
        _room.HostMost[AdapterId.SiloOf(A)] = 1;
        _room.Change(A, static state => state with { Slots = [new(Room.Device(9), 1)] });
        _room.Watch("x", 1, 2);
        foreach (var n in new[] { 1, 2 }) _room.Ask("x", n);
        foreach (var adapter in new[] { A, B }) _room.Report(adapter, Room.Application(1), Room.Application(2));
        Assert.Equal([B], _room.Plan().Select(static grant => grant.Event.Adapter));
    }
}
