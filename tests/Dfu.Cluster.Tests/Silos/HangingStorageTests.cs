using Dfu.Cluster.Tests.Harness;
using Dfu.Fleet;
using Dfu.Fleet.Campaigns;

namespace Dfu.Cluster.Tests.Silos;

/// <summary>Storage hangs while every device of the room is at work.</summary>
public sealed class HangingStorageTests
{
    private const int Devices = 4;

    /// <summary>Slow enough that a transfer outlasts the ownership of its device's grain.</summary>
    private static readonly RoomSettings Slow = new()
    {
        Devices = Devices,
        Scale = 4,
        Size = 64 * 4096,
        Device = static (options, _) => options with { Profile = options.Profile with { SaveProgress = true } },
    };

    private static readonly FleetTimes Times = new();

    [Fact]
    public async Task Storage_that_hangs_for_ten_seconds_interrupts_no_transfer()
    {
        await using var fleet = new SiloFleet(2, Slow, new()) { Times = Times };
        var open = await HangAsync(fleet);
        await fleet.Room.AfterAsync(10);
        fleet.Storage.GoOn();
        var view = await EndAsync(fleet, open);
        Assert.All(view.Devices, static device => Assert.Equal(1, device.Attempts));
        Assert.Equal(Devices, fleet.Room.Journal.Drives.Count);
    }

    [Fact]
    public async Task Transfers_that_storage_has_left_alone_for_too_long_end_and_go_on_when_it_is_back()
    {
        await using var fleet = new SiloFleet(2, Slow, new()) { Times = Times };
        var open = await HangAsync(fleet);
        var (room, drives) = (fleet.Room, fleet.Room.Journal.Drives);
        var hung = room.Time.Elapsed;
        await room.UntilAsync(() => drives.All(static drive => drive.Ended is not null), "the end of the transfers nobody may let go on");

        // The last write may have begun just before, or a report's time earlier; the last report that it let through renewed the lease.
        var (least, most) = (Times.Ownership!.Value - 3 * Times.Report, Times.Ownership.Value + Times.Lease + TimeSpan.FromSeconds(0.5));
        Assert.All(drives, drive => Assert.InRange(drive.Ended!.Value - hung, least, most));
        Assert.Equal(Devices, room.Journal.Drives.Count);
        fleet.Storage.GoOn();
        await EndAsync(fleet, open);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(25)]
    public async Task A_silo_that_dies_while_storage_hangs_leaves_no_device_to_two_drivers(int seconds)
    {
        await using var fleet = new SiloFleet(2, Slow, new()) { Times = Times, SilosDie = true };
        var open = await HangAsync(fleet);
        await fleet.Room.AfterAsync(2);
        await fleet.KillAsync(1);
        await fleet.Room.AfterAsync(seconds - 2);
        fleet.Storage.GoOn();
        await EndAsync(fleet, open);
    }

    [Fact]
    public async Task A_silo_that_dies_without_its_radios_while_storage_hangs_has_stopped_them_before_others_begin()
    {
        await using var fleet = new SiloFleet(2, Slow, new()) { Times = Times, SilosDie = true };
        var open = await HangAsync(fleet);
        await fleet.KillSiloOnlyAsync(1);
        fleet.Storage.GoOn();
        await EndAsync(fleet, open);
    }

    /// <returns>When every device is in the middle of its transfer and storage has just begun to hang.</returns>
    private static async Task<IFleet> HangAsync(SiloFleet fleet)
    {
        var room = fleet.Room;
        var open = await fleet.OpenAsync();
        await open.StartAsync(room.Request(), CancellationToken.None);
        await room.UntilAsync(
            () => room.Devices.All(static device => device.Counters.FirmwareBytes >= 3 * 4096), "a transfer to every device", () => fleet.Storage.Hang());
        return open;
    }

    private static async Task<CampaignView> EndAsync(SiloFleet fleet, IFleet open)
    {
        var view = await FleetUnderTest.WaitAsync(open);
        Assert.True(view.Outcome == CampaignOutcome.Succeeded, FleetUnderTest.Describe(view));
        fleet.Room.Journal.AssertNoDeviceHadTwoDrivers();
        Assert.All(fleet.Room.Devices, static device => Assert.Equal(1, device.Counters.Activations));
        return view;
    }
}
