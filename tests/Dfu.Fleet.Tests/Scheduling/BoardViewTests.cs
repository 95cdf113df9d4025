using Dfu.Cluster.Tests.Scheduling;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Scan;
using Dfu.Fleet.Scheduling;

namespace Dfu.Fleet.Tests.Scheduling;

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

    [Fact]
    public void Who_is_on_the_air_is_told_by_every_adapter_that_hears_it_whatever_campaigns_there_are()
    {
        _room.Report(A, Room.Application(1, -70), Room.Bootloader(2, -50));
        _room.Report(B, Room.Application(1, -55));
        _room.After(0.3);
        var air = _room.Board.Heard(_room.Now);
        Assert.Equal((string[])[A, B], air.Adapters);
        Assert.Equal([("DfuTarg", UnitMode.Bootloader), ("Sensor", UnitMode.BootloaderOrApplication)], air.Units.Select(static unit => (unit.Name, unit.Mode)));
        Assert.Equal((HeardBy[])[new(1, -55), new(0, -70)], air.Units[1].By);
    }

    [Fact]
    public void Who_is_silent_for_a_minute_is_on_the_air_no_more()
    {
        _room.Report(A, Room.Application(1));
        _room.After(59);
        _room.Report(A);
        Assert.True(Assert.Single(_room.Board.Heard(_room.Now).Units).IsGone);
        _room.After(2);
        _room.Report(A);
        Assert.Empty(_room.Board.Heard(_room.Now).Units);
    }
}
