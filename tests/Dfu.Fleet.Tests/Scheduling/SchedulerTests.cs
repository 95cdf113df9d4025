using System.Collections.Immutable;
using Dfu.Fleet.Scheduling;
using Dfu.Protocol.Links;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Dfu.Fleet.Tests.Scheduling;

public sealed class SchedulerTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static SchedulerAdapter Adapter(int free = 3, int active = 0, bool connecting = false, double rate = 0, double? protectedFor = null) =>
        new(free, active, connecting, rate, protectedFor is { } seconds ? TimeSpan.FromSeconds(seconds) : null);

    private static SchedulerDevice Device(int id, int[] heardBy, double? deadline = null, bool inBootloader = false, int rssi = -60) =>
        new(
            new((ulong)id), [.. heardBy.Select(adapter => new HeardBy(adapter, rssi))], inBootloader,
            deadline is { } seconds ? Now.AddSeconds(seconds) : null, Now);

    private static Grant[] Plan(SchedulerAdapter[] adapters, SchedulerDevice[] devices, int? most = null) =>
        [.. Scheduler.Plan(new() { Now = Now, Adapters = [.. adapters], Devices = [.. devices], HostLimits = [most] })];

    private static Grant Grant(int device, int adapter) => new(new((ulong)device), adapter);

    [Fact]
    public void The_earliest_deadline_goes_first() =>
        Assert.Equal([Grant(3, 0)], Plan([Adapter()], [Device(1, [0]), Device(2, [0], deadline: 90), Device(3, [0], deadline: 8)]));

    [Fact]
    public void A_deadline_that_has_passed_is_none() =>
        Assert.Equal([Grant(2, 0)], Plan([Adapter()], [Device(1, [0], deadline: -5, inBootloader: true), Device(2, [0], deadline: 90)]));

    [Fact]
    public void Who_waits_in_its_bootloader_goes_before_who_must_still_jump() =>
        Assert.Equal([Grant(2, 0)], Plan([Adapter()], [Device(1, [0]), Device(2, [0], inBootloader: true)]));

    [Fact]
    public void An_urgent_device_takes_the_only_adapter_that_hears_it_and_the_other_one_moves_over() =>
        Assert.Equal([Grant(2, 0), Grant(1, 1)], Plan([Adapter(), Adapter(active: 2)], [Device(1, [0, 1]), Device(2, [0], deadline: 9)]));

    [Fact]
    public void The_better_signal_wins_on_equal_load() => Assert.Equal(
        [Grant(1, 1)],
        Plan([Adapter(), Adapter()], [new(new(1), [new(0, -90), new(1, -65)], false, null, Now)]));

    [Fact]
    public void The_emptier_adapter_wins_on_equal_signal() => Assert.Equal([Grant(1, 1)], Plan([Adapter(active: 2), Adapter(active: 1)], [Device(1, [0, 1])]));

    [Fact]
    public void The_adapter_that_delivers_more_wins_on_equal_load() =>
        Assert.Equal([Grant(1, 1)], Plan([Adapter(rate: 4_000), Adapter(rate: 12_000)], [Device(1, [0, 1])]));

    [Fact]
    public void A_bridge_that_carries_many_is_not_taken_for_full_because_many_are_at_work() =>
        Assert.Equal([Grant(1, 1)], Plan([Adapter(free: 1, active: 2, rate: 9_000), Adapter(free: 10, active: 10, rate: 9_000)], [Device(1, [0, 1])]));

    [Fact]
    public void A_bootloader_that_leaves_before_a_link_can_be_there_is_let_go_and_served_from_its_application()
    {
        Assert.Equal([Grant(2, 0)], Plan([Adapter()], [Device(1, [0], deadline: 0.8, inBootloader: true), Device(2, [0])]));
        Assert.Equal([Grant(1, 0)], Plan([Adapter()], [Device(1, [0], deadline: 1.2, inBootloader: true), Device(2, [0])]));
        Assert.Equal([Grant(1, 0)], Plan([Adapter()], [Device(1, [0])]));
    }

    [Fact]
    public void The_slot_of_the_earliest_deadline_is_found_over_all_adapters() =>
        Assert.Equal(
            [Grant(3, 1), Grant(2, 0)],
            Plan([Adapter(), Adapter()], [Device(1, [0]), Device(2, [0, 1], deadline: 60), Device(3, [1], deadline: 7)]));

    [Fact]
    public void The_adapter_whose_last_attempt_came_to_nothing_is_the_last_choice_and_better_than_none()
    {
        var device = Device(1, [0, 1]) with { Avoids = 0 };
        Assert.Equal([Grant(1, 1)], Plan([Adapter(), Adapter(active: 2, protectedFor: 60)], [device]));
        Assert.Equal([Grant(1, 0)], Plan([Adapter(), Adapter(free: 0)], [device]));
    }

    [Fact]
    public void A_transfer_near_its_end_is_not_disturbed_when_another_adapter_can() =>
        Assert.Equal([Grant(1, 1)], Plan([Adapter(protectedFor: 8), Adapter(active: 2)], [Device(1, [0, 1])]));

    [Fact]
    public void A_protected_transfer_that_ends_soon_is_waited_for() => Assert.Empty(Plan([Adapter(protectedFor: 1.5)], [Device(1, [0])]));

    [Fact]
    public void A_protected_transfer_that_takes_long_does_not_block_the_only_adapter() =>
        Assert.Equal([Grant(1, 0)], Plan([Adapter(protectedFor: 8)], [Device(1, [0])]));

    [Fact]
    public void A_bootloader_about_to_leave_does_not_wait_for_a_protected_transfer() =>
        Assert.Equal([Grant(1, 0)], Plan([Adapter(protectedFor: 1.5)], [Device(1, [0], deadline: 4)]));

    [Property(MaxTest = 300)]
    public Property Every_plan_keeps_the_limits() => Prop.ForAll(Snapshots().ToArbitrary(), snapshot =>
    {
        var grants = Scheduler.Plan(snapshot);
        var active = snapshot.Adapters.Sum(adapter => adapter.Active);
        return grants.Select(grant => grant.Device).Distinct().Count() == grants.Length
            && grants.Select(grant => grant.Adapter).Distinct().Count() == grants.Length
            && grants.All(grant => snapshot.Adapters[grant.Adapter] is { Free: > 0, Connecting: false })
            && grants.All(grant => snapshot.Devices.Single(device => device.Id == grant.Device).Heard.Any(heard => heard.Adapter == grant.Adapter))
            && (snapshot.HostLimits is not [{ } most] || grants.Length == 0 || active + grants.Length <= most);
    });

    [Property(MaxTest = 300)]
    public Property No_open_adapter_is_left_idle_while_a_device_only_waits_for_it() => Prop.ForAll(Snapshots().ToArbitrary(), snapshot =>
    {
        var free = snapshot with { HostLimits = [], Adapters = [.. snapshot.Adapters.Select(adapter => adapter with { ProtectedFor = null })] };
        var grants = Scheduler.Plan(free);
        var granted = grants.Select(grant => grant.Device).ToHashSet();
        var used = grants.Select(grant => grant.Adapter).ToHashSet();
        return free.Devices.Where(device => !granted.Contains(device.Id)).All(device =>
            device.Heard.All(heard => used.Contains(heard.Adapter) || free.Adapters[heard.Adapter] is { Free: 0 } or { Connecting: true }));
    });

    [Property(MaxTest = 200)]
    public Property The_order_of_the_devices_does_not_matter() => Prop.ForAll(Snapshots().ToArbitrary(), snapshot =>
        Scheduler.Plan(snapshot).SequenceEqual(Scheduler.Plan(snapshot with { Devices = [.. snapshot.Devices.Reverse()] })));

    private static Gen<SchedulerSnapshot> Snapshots()
    {
        var adapter =
            from free in Gen.Choose(0, 3)
            from active in Gen.Choose(0, 3)
            from connecting in Gen.Choose(0, 3)
            from rate in Gen.Choose(0, 20_000)
            from near in Gen.Choose(0, 20)
            select new SchedulerAdapter(free, active, connecting == 0, rate, near < 5 ? TimeSpan.FromSeconds(near) : null);
        return
            from adapters in adapter.ListOf(4)
            from count in Gen.Choose(0, 30)
            from devices in Devices(count, 4)
            from most in Gen.Choose(0, 12)
            select new SchedulerSnapshot { Now = Now, Adapters = [.. adapters], Devices = [.. devices], HostLimits = [most == 0 ? null : most] };
    }

    private static Gen<List<SchedulerDevice>> Devices(int count, int adapters)
    {
        var device =
            from mask in Gen.Choose(0, (1 << adapters) - 1)
            from rssi in Gen.Choose(-100, -40)
            from deadline in Gen.Choose(-10, 120)
            from inBootloader in Gen.Elements(true, false)
            select (Heard: Enumerable.Range(0, adapters).Where(i => (mask >> i & 1) != 0).Select(i => new HeardBy(i, rssi))
                .ToImmutableArray(), deadline, inBootloader);
        return device.ListOf(count).Select(list => list.Select((item, index) => new SchedulerDevice(
            new BluetoothAddress((ulong)index + 1), item.Heard, item.inBootloader, item.inBootloader ? Now.AddSeconds(item.deadline) : null, Now)).ToList());
    }

    [Fact]
    public void A_thousand_devices_over_sixteen_adapters_are_planned_in_milliseconds()
    {
        var devices = Enumerable.Range(1, 1000).Select(id => Device(id, [.. Enumerable.Range(0, 16)], deadline: id % 7 == 0 ? id % 120 : null)).ToArray();
        var adapters = Enumerable.Range(0, 16).Select(_ => Adapter()).ToArray();
        var best = double.MaxValue;
        for (var round = 0; round < 20; round++)
        {
            var started = TimeProvider.System.GetTimestamp();
            Assert.Equal(16, Plan(adapters, devices).Length);
            best = Math.Min(best, TimeProvider.System.GetElapsedTime(started).TotalMilliseconds);
        }

        Assert.True(best < 20, $"{best:0.0} ms");
    }
}
