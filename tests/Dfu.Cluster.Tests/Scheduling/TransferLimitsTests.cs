using Dfu.Fleet.Campaigns;
using Dfu.Grains;

namespace Dfu.Cluster.Tests.Scheduling;

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
