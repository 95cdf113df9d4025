using Dfu.Fleet.Devices;
using Dfu.Grains;

namespace Dfu.Cluster.Tests.Scheduling;

/// <summary>What the board tells those who only look.</summary>
public sealed class BoardViewTests
{
    private const string A = "one/sim:a";
    private const string B = "two/sim:b";

    private readonly Room _room = new();

    [Fact]
    public void Adapters_are_shown_in_the_order_they_came_and_by_id_when_they_came_together()
    {
        _room.Report(B);
        _room.Report(A);
        Assert.Equal([A, B], _room.Board.Live("", _room.Now).Adapters.Select(static adapter => adapter.Id));
        _room.After(2.5);
        _room.Report("0/sim:later");
        Assert.Equal([A, B, "0/sim:later"], _room.Board.Live("", _room.Now).Adapters.Select(static adapter => adapter.Id));
    }

    [Fact]
    public void A_view_gets_the_transfers_of_its_campaign_and_the_rate_of_all()
    {
        LiveTransfer Of(string campaign, int device, double rate) =>
            new() { Campaign = campaign, Device = Room.Device(device), Attempt = 1, Phase = DevicePhase.Sending, Rate = rate };
        _room.Board.Report(new() { State = _room.Adapter(A), Transfers = [Of("x", 1, 1000), Of("y", 2, 500)] }, _room.Now);
        var live = _room.Board.Live("x", _room.Now);
        Assert.Equal(Room.Device(1), Assert.Single(live.Transfers).Device);
        Assert.Equal(1500, Assert.Single(live.Adapters).Rate);
    }

    [Fact]
    public void While_a_campaign_collects_it_is_told_under_which_names_others_were_heard()
    {
        _room.Collect("a", "Foo*");
        _room.Collect("b", "Sensor");
        _room.Report("one/sim:a", Room.Application(1), Room.Application(2), Room.Bootloader(3));
        Assert.Equal("Sensor (2) and DfuTarg", _room.Board.Live("a", _room.Now).Bystanders);
        Assert.Equal("DfuTarg", _room.Board.Live("b", _room.Now, signals: false).Bystanders);
        _room.Watch("a", 1);
        Assert.Equal("", _room.Board.Live("a", _room.Now).Bystanders);
    }
}
