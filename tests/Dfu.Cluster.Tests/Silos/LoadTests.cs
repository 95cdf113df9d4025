using Dfu.Cluster.Tests.Harness;
using Dfu.Fleet.Campaigns;
using Xunit.Abstractions;

namespace Dfu.Cluster.Tests.Silos;

public sealed class LoadTests(ITestOutputHelper output)
{
    /// <summary>Links of one adapter: with so many of them each is slow, and all devices are under way at once.</summary>
    private const int Links = 16;

    /// <summary>What is decided about a device that nothing happens to: joined, granted, a slot lent, last EXECUTE, activated, ended; two to spare.</summary>
    private const int Decisions = 8;

    /// <summary>
    /// Seconds of the devices' time, twice what it takes: 27 CPU seconds of grains and devices, and nothing that either waits for. How long that is
    /// by the clock on the wall is the machine's affair.
    /// </summary>
    private const double LongestRun = 112;

    [Fact]
    public async Task Five_hundred_devices_on_one_silo_cost_a_write_per_device_and_second_besides_decisions()
    {
        const int Devices = 500;
        var settings = new RoomSettings { Devices = Devices, Radios = 32, Scale = 4, Size = 40 * 4096 };
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
            "the end of the campaign");
        var seconds = (room.Time.Elapsed - began).TotalSeconds;
        var view = open.Snapshot();
        var writes = fleet.Storage.Writes("device");
        var lives = room.Journal.Drives.GroupBy(static drive => drive.Device)
            .ToDictionary(
                static drives => drives.Key,
                static drives => (drives.Max(static drive => drive.Ended!.Value) - drives.Min(static drive => drive.Began)).TotalSeconds);
        var underWay = lives.Values.Sum();
        var perState = string.Join(", ", fleet.Storage.States.Select(state => $"{state} {fleet.Storage.Writes(state)}"));
        output.WriteLine(
            $"{Devices} devices in {seconds:0} s of theirs, {most} at once; {writes} device writes, {writes / underWay:0.00} per device and second under way, "
            + $"{(writes - (Decisions * Devices)) / underWay:0.00} without decisions, {writes / (double)Devices / seconds:0.00} over all; {perState}; "
            + $"heap {before / 1048576} MiB before, {peak / 1048576} MiB at most");
        Assert.True(view.Outcome == CampaignOutcome.Succeeded, FleetUnderTest.Describe(view));
        Assert.Equal(Devices, room.Updated);
        Assert.InRange(seconds, 0, LongestRun);
        foreach (var (device, alive) in lives) Assert.InRange(fleet.Storage.Writes("device", device.ToString()), 1, alive + Decisions);
        room.Journal.AssertNoDeviceHadTwoDrivers();
    }

    private static long Memory() => GC.GetTotalMemory(false);
}
