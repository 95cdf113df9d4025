using Dfu.Adapters;
using Dfu.Fleet.Scan;
using Dfu.Fleet.Scheduling;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Tests.Scan;

public sealed class UnitTableTests
{
    private static readonly DateTimeOffset T0 = DateTimeOffset.UnixEpoch;
    private readonly UnitTable _table = new();

    private static BluetoothAddress Address(int n) => new(0xC098_7654_3200ul + (ulong)n);

    private void Hear(
        int n, double at, string name = "Sensor", int rssi = -60, int radio = 0, bool dfu = true, OtherServices others = OtherServices.None,
        bool connectable = true) =>
        _table.Hear(radio, new(Address(n), AddressType.Random, rssi, name, dfu, connectable) { Others = others }, At(at));

    private static DateTimeOffset At(double seconds) => T0.AddSeconds(seconds);

    private HeardUnit Unit(int n, double at) => Assert.Single(_table.Units(At(at)), unit => unit.Address == Address(n));

    [Fact]
    public void The_strongest_come_first_and_equals_by_address()
    {
        Hear(3, 0, rssi: -70);
        Hear(2, 0, rssi: -50);
        Hear(1, 0, rssi: -70);
        Assert.Equal([Address(2), Address(1), Address(3)], _table.Units(At(1)).Select(unit => unit.Address));
    }

    [Fact]
    public void The_radio_that_hears_it_best_is_named_first_and_one_that_does_not_any_more_is_not()
    {
        Hear(1, 0, rssi: -50, radio: 0);
        Hear(1, 0, rssi: -70, radio: 1);
        Assert.Equal([new HeardBy(0, -50), new HeardBy(1, -70)], Unit(1, 1).By.ToArray());
        Hear(1, 15, rssi: -70, radio: 1);
        Assert.Equal([new HeardBy(1, -70)], Unit(1, 16).By.ToArray());
    }

    [Fact]
    public void One_strong_advertisement_among_weak_ones_does_not_count_for_much()
    {
        for (var i = 0; i < 20; i++) Hear(1, i * 0.1, rssi: i == 10 ? -40 : -80);
        Assert.InRange(Unit(1, 2).Signal, -80, -77);
    }

    [Fact]
    public void Who_left_keeps_its_last_strength_and_is_forgotten_after_a_minute_by_who_watches()
    {
        Hear(1, 0);
        Assert.False(Unit(1, 9).IsGone);
        Assert.Equal((true, -60, TimeSpan.FromSeconds(59)), (Unit(1, 59).IsGone, Unit(1, 59).Signal, Unit(1, 59).Silence));
        _table.Forget(At(59));
        Assert.Single(_table.Units(At(59)));
        _table.Forget(At(61));
        Assert.Empty(_table.Units(At(61)));
    }

    [Fact]
    public void Name_and_services_may_come_in_packets_of_their_own()
    {
        Hear(1, 0, name: "", dfu: true);
        Hear(1, 0.1, name: "Sensor", dfu: false);
        Hear(1, 0.2, name: "", dfu: false, others: OtherServices.Uart);
        Assert.Equal(("Sensor", UnitMode.Application), (Unit(1, 1).Name, Unit(1, 1).Mode));
    }

    [Fact]
    public void Under_another_name_it_is_something_else()
    {
        Hear(1, 0, others: OtherServices.Uart);
        Hear(1, 5, name: "DFU543201");
        Assert.Equal((UnitMode.Bootloader, Address(1), Address(1)), (Unit(1, 6).Mode, Unit(1, 6).Application, Unit(1, 6).Bootloader));
        Hear(1, 9, name: "Own name", dfu: true);
        Assert.Equal(UnitMode.BootloaderOrApplication, Unit(1, 10).Mode);
    }

    [Fact]
    public void A_device_that_came_up_above_one_that_fell_silent_is_its_bootloader()
    {
        Hear(0x10, 0, name: "Sensor");
        Hear(0x11, 2, name: "MyBoot");
        Assert.Equal((UnitMode.Bootloader, Address(0x10), Address(0x11)), (Unit(0x11, 3).Mode, Unit(0x11, 3).Application, Unit(0x11, 3).Bootloader));
        Assert.Equal((UnitMode.Application, Address(0x10), Address(0x11)), (Unit(0x10, 3).Mode, Unit(0x10, 3).Application, Unit(0x10, 3).Bootloader));
    }

    [Fact]
    public void An_application_that_comes_up_after_its_bootloader_is_told_by_it()
    {
        Hear(0x11, 0, name: "DfuTarg");
        Hear(0x10, 2, name: "Sensor");
        Assert.Equal((UnitMode.Application, Address(0x11)), (Unit(0x10, 3).Mode, Unit(0x10, 3).Bootloader));
    }

    [Fact]
    public void Neighbours_with_consecutive_addresses_stay_unknown()
    {
        for (var i = 0; i < 20; i++)
        {
            Hear(0x10, i * 0.3, name: "Sensor 1");
            Hear(0x11, (i * 0.3) + 0.1, name: "Sensor 2");
        }

        Assert.Equal((UnitMode.BootloaderOrApplication, UnitMode.BootloaderOrApplication), (Unit(0x10, 7).Mode, Unit(0x11, 7).Mode));
        Assert.Equal((null, null), (Unit(0x10, 7).Application, Unit(0x10, 7).Bootloader));
    }

    [Fact]
    public void In_a_steady_order_devices_change_places_only_when_they_differ_by_much_and_the_silent_come_last()
    {
        Hear(1, 0, rssi: -60);
        Hear(2, 0, rssi: -62);
        Assert.Equal([Address(1), Address(2)], Order(0));
        Hear(2, 20, rssi: -58);
        Hear(1, 20, rssi: -60);
        Assert.Equal([Address(1), Address(2)], Order(20));
        Hear(2, 40, rssi: -50);
        Hear(1, 40, rssi: -60);
        Assert.Equal([Address(2), Address(1)], Order(40));
        Hear(1, 49, rssi: -60);
        Assert.Equal([Address(1), Address(2)], Order(51));

        IEnumerable<BluetoothAddress> Order(double at) => _table.Steady(At(at)).Select(unit => unit.Address);
    }

    [Fact]
    public void Addresses_that_change_all_the_time_fill_no_memory()
    {
        for (var i = 0; i < 20_100; i++) _table.Hear(0, new(new((ulong)i), AddressType.Random, -60, "", false, true), At(i));
        Assert.Equal(20_000, _table.Units(At(20_100)).Length);
    }
}
