using Dfu.Cluster.Tests.Scheduling;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Shells.Scheduling;

namespace Dfu.Fleet.Tests.Scheduling;

public sealed class SchedulerBoardTests
{
    private const string A = "one/sim:a";
    private const string B = "two/sim:b";
    private readonly Room _room = new();

    private static (int Device, string Adapter)[] Who(IEnumerable<BoardGrant> grants, int devices = 9) =>
        [.. grants.Select(grant => (Enumerable.Range(1, devices).Single(n => Room.Device(n) == grant.Device), grant.Event.Adapter))];

    [Fact]
    public void A_device_that_asks_and_is_heard_gets_a_slot()
    {
        _room.Watch("x", 1);
        _room.Ask("x", 1);
        _room.Report(A, Room.Application(1));
        var grant = Assert.Single(_room.Plan());
        Assert.Equal((Room.Device(1), 1, A, 1, Room.Device(1)), (grant.Device, grant.Attempt, grant.Event.Adapter, grant.Event.Epoch, grant.Event.Application));
        Assert.Equal(Room.Device(1).Bootloader, grant.Event.Bootloader);
        Assert.False(grant.Event.Probe);
    }

    [Fact]
    public void A_device_that_nobody_hears_backs_off_or_does_not_ask_gets_none()
    {
        _room.Watch("x", 1, 2, 3);
        _room.Ask("x", 1);
        _room.Ask("x", 2, with: static device => device with { Phase = DevicePhase.BackingOff });
        _room.Report(A, Room.Application(2), Room.Application(3));
        Assert.Empty(_room.Plan());
    }

    [Fact]
    public void Longest_waiting_goes_first_whatever_its_campaign()
    {
        _room.Watch("x", 1, 2);
        _room.Watch("y", 3);
        _room.Ask("x", 1, waitingFor: 5);
        _room.Ask("x", 2, waitingFor: 3);
        _room.Ask("y", 3, waitingFor: 4);
        var order = new List<int>();
        for (var n = 0; n < 3; n++)
        {
            _room.Report(A, Room.Application(1), Room.Application(2), Room.Application(3));
            var grant = Assert.Single(_room.Plan());
            order.Add(Who([grant])[0].Device);
            _room.Show(grant);
        }

        Assert.Equal([1, 3, 2], order);
    }

    [Fact]
    public void Two_campaigns_share_the_adapters_and_each_finds_its_devices()
    {
        _room.Watch("x", 1);
        _room.Watch("y", 2);
        Assert.True(_room.Ask("x", 1).Known);
        Assert.True(_room.Ask("y", 2).Known);
        _room.Report(A, Room.Application(1), Room.Application(2));
        _room.Report(B, Room.Application(1), Room.Application(2));
        Assert.Equal([1, 2], Who(_room.Plan()).Select(static who => who.Device).Order());
        Assert.Equal([Room.Device(1)], _room.Board.Live("x", _room.Now).Rssi.Keys);
        Assert.Equal([Room.Device(2)], _room.Board.Live("y", _room.Now).Rssi.Keys);
    }

    [Fact]
    public void A_device_in_its_bootloader_with_a_deadline_goes_before_one_that_waits_longer()
    {
        _room.Watch("x", 1, 2);
        _room.Ask("x", 1, waitingFor: 60);
        _room.Ask("x", 2, waitingFor: 1, with: device => device with { BootloaderUntil = _room.Now.AddSeconds(20) });
        _room.Report(A, Room.Application(1), Room.Bootloader(2));
        Assert.Equal([(2, A)], Who(_room.Plan()));
    }

    [Fact]
    public void Clocks_that_differ_by_minutes_change_neither_order_nor_deadline()
    {
        _room.Watch("x", 1, 2, 3);
        _room.Ask("x", 1, waitingFor: 2, clockAhead: TimeSpan.FromMinutes(-10));
        _room.Ask("x", 2, waitingFor: 3, clockAhead: TimeSpan.FromMinutes(7));
        _room.Report(A, Room.Application(1), Room.Application(2), Room.Bootloader(3));
        Assert.Equal([(2, A)], Who(_room.Plan()));

        // Twenty seconds are left of the deadline, although its clock is behind by more.
        var behind = TimeSpan.FromMinutes(-3);
        _room.Ask("x", 3, waitingFor: 1, clockAhead: behind, with: device => device with { BootloaderUntil = _room.Now + behind + TimeSpan.FromSeconds(20) });
        _room.Report(B, Room.Application(1), Room.Bootloader(3));
        Assert.Equal([(3, B)], Who(_room.Plan()));
    }

    [Fact]
    public void A_slot_stays_promised_until_the_adapter_shows_it()
    {
        _room.Change(A, static state => state with { Limit = new() { Current = 1, Ceiling = 1 } });
        _room.Watch("x", 1, 2);
        _room.Ask("x", 1, waitingFor: 5);
        _room.Ask("x", 2);
        _room.Report(A, Room.Application(1), Room.Application(2));
        var grant = Assert.Single(_room.Plan());
        _room.After(0.25);
        _room.Report(A, Room.Application(1), Room.Application(2)); // sent before it knew
        Assert.Empty(_room.Plan());
        Assert.Equal(1, _room.Board.Live("x", _room.Now).Adapters[0].Active);

        _room.Show(grant);
        _room.Report(A, Room.Application(2));
        Assert.Empty(_room.Plan());
        _room.Change(A, static state => state with { Slots = [] });
        _room.Board.Accepted(grant);
        _room.Report(A, Room.Application(2));
        Assert.Equal([(2, A)], Who(_room.Plan()));
    }

    [Fact]
    public void A_promise_nothing_came_of_is_taken_back_after_two_seconds()
    {
        _room.Watch("x", 1);
        _room.Ask("x", 1);
        _room.Report(A, Room.Application(1));
        Assert.Single(_room.Plan());
        _room.After(1.9);
        _room.Report(A, Room.Application(1));
        Assert.Empty(_room.Plan());
        _room.After(0.2);
        _room.Report(A, Room.Application(1));
        Assert.Single(_room.Plan());
    }

    [Fact]
    public void A_refusal_gives_the_slot_to_the_next_at_once_and_the_device_none_until_it_asks_again()
    {
        _room.Change(A, static state => state with { Limit = new() { Current = 1, Ceiling = 1 } });
        _room.Watch("x", 1, 2);
        _room.Ask("x", 1, waitingFor: 5);
        _room.Ask("x", 2);
        _room.Report(A, Room.Application(1), Room.Application(2));
        var first = Assert.Single(_room.Plan());
        Assert.Equal([(1, A)], Who([first]));
        _room.Board.Refused(first);
        var second = Assert.Single(_room.Plan());
        Assert.Equal([(2, A)], Who([second]));
        _room.Board.Refused(second);
        Assert.Empty(_room.Plan());
        _room.Ask("x", 1);
        Assert.Equal([(1, A)], Who(_room.Plan()));
    }

    [Fact]
    public void No_device_is_granted_twice_whatever_it_asks_and_whoever_hears_it()
    {
        _room.Watch("x", 1);
        _room.Ask("x", 1);
        _room.Report(A, Room.Application(1));
        _room.Report(B, Room.Application(1));
        var grant = Assert.Single(_room.Plan());
        _room.Ask("x", 1); // sent before the grant came
        _room.Report(B, Room.Application(1));
        Assert.Empty(_room.Plan());

        _room.Board.Accepted(grant);
        _room.Show(grant);
        _room.Report(grant.Event.Adapter, Room.Application(1));
        _room.Ask("x", 1); // came late
        _room.After(2.5);
        _room.Report(A, Room.Application(1));
        _room.Report(B, Room.Application(1));
        Assert.Empty(_room.Plan());

        // Its link is lent or its adapter's report late: what it asked for before the grant still counts for nothing.
        _room.Change(grant.Event.Adapter, static state => state with { Slots = [] });
        _room.Report(A, Room.Application(1));
        _room.Report(B, Room.Application(1));
        Assert.Empty(_room.Plan());
        _room.Ask("x", 1, attempt: 1, waitingFor: 0);
        Assert.Single(_room.Plan());
    }

    [Fact]
    public void A_device_that_asks_again_has_used_up_its_promise()
    {
        _room.Change(A, static state => state with { Limit = new() { Current = 1, Ceiling = 1 } });
        _room.Watch("x", 1);
        _room.Ask("x", 1);
        _room.Report(A, Room.Application(1));
        _room.Board.Accepted(Assert.Single(_room.Plan()));
        _room.After(0.1);
        _room.Ask("x", 1, attempt: 1, waitingFor: 0); // ended before any report showed it
        _room.Report(A, Room.Application(1));
        Assert.Equal(2, Assert.Single(_room.Plan()).Attempt);
    }

    [Fact]
    public void A_silent_adapter_is_forgotten_with_what_it_heard()
    {
        _room.Watch("x", 1);
        _room.Report(A, Room.Application(1));
        _room.Ask("x", 1, waitingFor: 5);
        Assert.Equal(TimeSpan.Zero, _room.Ask("x", 1, waitingFor: 5).Listening);
        _room.After(2.9);
        Assert.Single(_room.Board.Live("x", _room.Now).Adapters);
        _room.After(0.2);
        Assert.Empty(_room.Board.Live("x", _room.Now).Adapters);
        Assert.Empty(_room.Board.Live("x", _room.Now).Rssi);
        Assert.Empty(_room.Plan());
        _room.After(1);
        var air = _room.Ask("x", 1, waitingFor: 5);
        Assert.Equal((true, null, TimeSpan.FromSeconds(1)), (air.Known, air.Listening, air.Deaf));

        _room.Report(A, Room.Application(1));
        air = _room.Ask("x", 1, waitingFor: 5);
        Assert.Equal((TimeSpan.Zero, null, TimeSpan.Zero), (air.Listening, air.Deaf, air.LastHeard));
        Assert.Equal([(1, A)], Who(_room.Plan()));
    }

    [Fact]
    public void What_a_radio_heard_that_went_away_no_longer_counts()
    {
        _room.Watch("x", 1);
        _room.Report(A, Room.Application(1));
        _room.Ask("x", 1);
        _room.Change(A, static state => state with { Epoch = 2 });
        _room.Board.Report(new() { State = _room.Adapter(A), Deaf = true }, _room.Now);
        Assert.Empty(_room.Plan());
    }

    [Fact]
    public void Air_is_told_in_ages_and_as_one_listens_although_another_is_gone()
    {
        _room.Watch("x", 1);
        _room.Report(A);
        _room.After(1);
        _room.Report(A);
        _room.Report(B, Room.Bootloader(1));
        _room.After(2.5);
        _room.Report(A);
        _room.After(1);
        var air = _room.Ask("x", 1, clockAhead: TimeSpan.FromHours(1));
        Assert.Equal(
            (true, TimeSpan.FromSeconds(3.5), false, TimeSpan.FromSeconds(4.5), null), (air.Known, air.LastHeard, air.AsApplication, air.Listening, air.Deaf));
        _room.Report(A, Room.Application(1));
        Assert.True(_room.Ask("x", 1).AsApplication);
    }

    [Fact]
    public void A_campaign_nobody_spoke_of_is_not_known_and_one_that_is_silent_or_over_is_forgotten()
    {
        Assert.False(_room.Ask("x", 1).Known);
        _room.Watch("x", 1);
        Assert.True(_room.Ask("x", 1).Known);
        _room.After(10);
        _room.Report(A, Room.Application(1));
        Assert.False(_room.Ask("x", 1).Known);
        Assert.Empty(_room.Plan());

        _room.Watch("y", 2);
        _room.Ask("y", 2);
        _room.Report(A, Room.Application(2));
        _room.Board.Watch(new() { Campaign = "y", Over = true }, _room.Now);
        Assert.Empty(_room.Plan());
        Assert.False(_room.Ask("y", 2).Known);
    }

    [Fact]
    public void Devices_of_a_campaign_that_was_silent_for_a_while_are_not_taken_for_silent_themselves()
    {
        var room = new Room();
        room.Report("a", Room.Application(1));
        room.Watch("c", 1);
        for (var second = 0; second < 600; second++)
        {
            room.After(1);
            room.Report("a", Room.Application(1));
            room.Watch("c", 1);
        }

        for (var second = 0; second < 12; second++)
        {
            room.After(1);
            room.Report("a", Room.Application(1));
        }

        room.After(1.1);
        room.Report("a");
        room.Watch("c", 1);
        room.After(0.1);
        var air = room.Ask("c", 1, waitingFor: 600);
        Assert.Equal((true, null, TimeSpan.FromSeconds(0.1)), (air.Known, air.LastHeard, air.Listening));
        var waiting = DeviceState.New(Room.Device(1), [40_960], room.Now.AddSeconds(-600));
        var waited = new DeviceEvent.Waited(room.Now, null, false, room.Now - air.Listening, null);
        Assert.Same(waiting, DeviceMachine.Apply(waiting, waited, new()).Next);
    }

    [Fact]
    public void A_request_that_is_not_repeated_is_forgotten()
    {
        _room.Watch("x", 1, 2);
        _room.Ask("x", 1);
        _room.After(6);
        _room.Watch("x", 1, 2);
        _room.Ask("x", 2);
        _room.After(5);
        _room.Report(A, Room.Application(1), Room.Application(2));
        Assert.Equal([(2, A)], Who(_room.Plan()));
    }

    [Fact]
    public void What_fits_a_collecting_campaign_is_told_once_in_its_order_and_again_only_after_a_while()
    {
        _room.Collect("x");
        _room.Watch("y", 3);
        _room.Report(A, Room.Application(2), Room.Bootloader(1), Room.Application(2));
        var found = Assert.Single(_room.Board.TakeFound());
        Assert.Equal("x", found.Campaign);
        Assert.Equal([Room.Device(2), Room.Device(1)], found.Devices.ToArray());
        _room.Report(B, Room.Application(2));
        Assert.Empty(_room.Board.TakeFound());
        _room.After(2);
        _room.Report(A, Room.Application(2));
        Assert.Equal([Room.Device(2)], Assert.Single(_room.Board.TakeFound()).Devices.ToArray());

        _room.Collect("x", null, 1, 2);
        _room.After(2);
        _room.Report(A, Room.Application(2), Room.Bootloader(1));
        Assert.Empty(_room.Board.TakeFound());
    }

    [Fact]
    public void A_device_an_earlier_campaign_knows_is_found_by_a_new_one()
    {
        _room.Collect("x", null, 1);
        _room.Report(A, Room.Application(1));
        Assert.Empty(_room.Board.TakeFound());
        _room.Collect("y", "Sens*");
        _room.Report(A, Room.Application(1));
        var (campaign, devices) = Assert.Single(_room.Board.TakeFound());
        Assert.Equal("y", campaign);
        Assert.Equal([Room.Device(1)], devices.ToArray());
    }

    [Fact]
    public void A_campaign_that_collects_is_told_when_an_adapter_listens()
    {
        _room.Collect("x");
        _room.Watch("y", 1);
        Assert.Empty(_room.Board.TakeListening());
        _room.Change(A, static state => state with { Status = AdapterStatus.Opening });
        _room.Report(A);
        Assert.Empty(_room.Board.TakeListening());
        _room.Change(A, static state => state with { Status = AdapterStatus.Ready });
        _room.Report(A);
        Assert.Equal(["x"], _room.Board.TakeListening().ToArray());
        _room.Report(A);
        Assert.Empty(_room.Board.TakeListening());
        _room.Collect("z");
        Assert.Equal(["z"], _room.Board.TakeListening().ToArray());
    }

    [Fact]
    public void A_bonded_bootloader_goes_back_to_the_adapter_it_is_bonded_with()
    {
        _room.Watch("x", 1);
        _room.Report(A);
        _room.Report(B);
        var label = "DFU" + (Room.Device(1).Value & 0xFF_FFFF).ToString("X6", System.Globalization.CultureInfo.InvariantCulture);
        var bonded = Room.Bootloader(1) with { Address = Room.Device(1), Name = label };
        _room.Ask("x", 1, attempt: 1, with: static device => device with { Bootloader = device.Id, BondedWith = B });
        _room.Report(A, bonded with { Rssi = -40 });
        Assert.Empty(_room.Plan());
        Assert.Null(_room.Ask("x", 1, attempt: 1, with: static device => device with { Bootloader = device.Id, BondedWith = B }).LastHeard);
        _room.Report(B, bonded with { Rssi = -90 });
        Assert.Equal([(1, B)], Who(_room.Plan()));
    }

    [Fact]
    public void What_an_adapter_heard_earlier_and_told_later_does_not_undo_what_another_heard_since()
    {
        _room.Watch("x", 1);
        _room.Report(A, TimeSpan.FromSeconds(0.1), Room.Bootloader(1));
        _room.Report(B, TimeSpan.FromSeconds(0.9), Room.Application(1));
        var air = _room.Ask("x", 1);
        Assert.Equal((TimeSpan.FromSeconds(0.1), false), (air.LastHeard, air.AsApplication));
    }
}
