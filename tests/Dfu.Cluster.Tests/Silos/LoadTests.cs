using Dfu.Cluster.Tests.Harness;
using Dfu.Fleet;
using Xunit.Abstractions;

namespace Dfu.Cluster.Tests.Silos;

public sealed class LoadTests(ITestOutputHelper output)
{
    /// <summary>Links of one adapter: with so many of them each is slow, and all devices are under way at once.</summary>
    private const int Links = 16;

    [Fact]
    public async Task Five_hundred_devices_on_one_silo_cost_at_most_one_write_per_device_and_second()
    {
        const int Devices = 500;
        var settings = new RoomSettings { Devices = Devices, Radios = 32, Scale = 4, Size = 16 * 4096 };
        var before = Memory();
        await using var fleet = new SiloFleet(1, settings, new() { MaxTransfersPerAdapter = Links });
        var room = fleet.Room;
        var open = await fleet.OpenAsync();
        await open.StartAsync(room.Request(), CancellationToken.None);
        var began = room.Time.Elapsed;
        var most = 0;
        var peak = 0L;
        await room.UntilAsync(
            () =>
            {
                most = Math.Max(most, room.Journal.Drives.Count(static drive => drive.Ended is null));
                peak = Math.Max(peak, Memory());
                return open.Snapshot().Outcome != CampaignOutcome.Running;
            },
            "the end of the campaign",
            TimeSpan.FromSeconds(120));
        var seconds = (room.Time.Elapsed - began).TotalSeconds;
        var view = open.Snapshot();
        var writes = fleet.Storage.Writes("device");
        var lives = room.Journal.Drives.GroupBy(static drive => drive.Device).Sum(static drives => (drives.Max(static drive => drive.Ended!.Value) - drives.Min(static drive => drive.Began)).TotalSeconds);
        output.WriteLine($"{Devices} devices in {seconds:0} s of theirs, {most} at once; {writes} device writes, {writes / lives:0.00} per device and second under way, {writes / (double)Devices / seconds:0.00} over all; "
            + $"{string.Join(", ", fleet.Storage.States.Select(state => $"{state} {fleet.Storage.Writes(state)}"))}; heap {before / 1048576} MiB before, {peak / 1048576} MiB at most");
        Assert.True(view.Outcome == CampaignOutcome.Succeeded, FleetUnderTest.Describe(view));
        Assert.Equal(Devices, room.Updated);
        Assert.True(writes / lives <= 1, $"{writes} writes in {lives:0} seconds of devices");
        room.Journal.AssertNoDeviceHadTwoDrivers();
    }

    private static long Memory() => GC.GetTotalMemory(false);
}
