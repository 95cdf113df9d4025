using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using Dfu.Simulation.Tests.Support;

namespace Dfu.Simulation.Tests;

/// <summary>What is known of a device is held against a package before it is sent to its bootloader.</summary>
public sealed class AlreadyCurrentTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("1.0")]
    public void A_device_that_runs_the_package_is_left_alone_in_its_application(string? revision)
    {
        using var bench = new Bench(Bench.Options(revision: revision));
        var package = Bench.Package();
        Assert.Equal(DeviceOutcome.Updated, Assert.Single(bench.Flash(package).Devices).Outcome);
        var (boots, sent) = (bench.Device.Counters.ExecuteCommands, bench.Device.Counters.FirmwareBytes);

        var view = Again(bench, 2);
        var device = Assert.Single(view.Devices);
        Assert.Equal((CampaignOutcome.Succeeded, DeviceOutcome.AlreadyCurrent, DfuError.None), (view.Outcome, device.Outcome, device.Error));
        Assert.StartsWith("runs application 2 since ", device.Detail, StringComparison.Ordinal);
        Assert.Equal((0, device.BytesTotal), (device.BytesSent, device.BytesConfirmed));
        Assert.Equal((boots, sent), (bench.Device.Counters.ExecuteCommands, bench.Device.Counters.FirmwareBytes));
        Assert.True(bench.Device.InApplication);
    }

    [Fact]
    public void Force_and_restart_flash_it_all_the_same()
    {
        using var bench = new Bench(Bench.Options());
        bench.Flash(Bench.Package());
        Assert.Equal(DeviceOutcome.AlreadyCurrent, Assert.Single(Again(bench, 2).Devices).Outcome);
        Assert.Equal(DeviceOutcome.Updated, Assert.Single(bench.Flash(Bench.Package(), new() { Force = true }, restart: true).Devices).Outcome);
        Assert.Equal(2, bench.Device.Counters.Activations);
        Assert.Equal(DeviceOutcome.Updated, Assert.Single(bench.Flash(Bench.Package(), restart: true).Devices).Outcome);
        Assert.Equal(3, bench.Device.Counters.Activations);
    }

    [Fact]
    public void A_device_that_somebody_else_has_changed_is_flashed()
    {
        using var bench = new Bench(Bench.Options(revision: "1.0"));
        bench.Flash(Bench.Package());
        Assert.Equal("2", bench.Passport.Revision);
        bench.Passports[Bench.First] = bench.Passport with { Revision = "7" };
        Assert.Equal(DeviceOutcome.Updated, Assert.Single(Again(bench, 2).Devices).Outcome);
        Assert.Equal(DeviceOutcome.AlreadyCurrent, Assert.Single(Again(bench, 2).Devices).Outcome);
    }

    [Fact]
    public void One_that_was_not_seen_to_run_it_is_flashed_again()
    {
        using var bench = new Bench(Bench.Options());
        var view = bench.Flash(Bench.Package(), new() { Finish = new() { Verify = false } });
        Assert.Equal(FinishCheck.Skipped, Assert.Single(view.Devices).Finish.Check);
        Assert.Equal(DeviceOutcome.Updated, Assert.Single(Again(bench, 2).Devices).Outcome);
    }

    [Fact]
    public void One_that_is_heard_in_its_bootloader_is_flashed()
    {
        using var bench = new Bench(Bench.Options(inApplication: false));
        bench.Flash(Bench.Package());
        bench.Device.PowerCycle(holdsBootloader: true);
        Assert.Equal(DeviceOutcome.Updated, Assert.Single(Again(bench, 2).Devices).Outcome);
    }

    [Fact]
    public void What_the_bootloader_would_refuse_is_refused_in_the_application()
    {
        using var bench = new Bench(Bench.Options());
        bench.Flash(Bench.Package(5));
        var commands = bench.Device.Counters.CreateCommands;
        var older = Assert.Single(Again(bench, 4).Devices);
        Assert.Equal((DeviceOutcome.Failed, DfuError.VersionRefused), (older.Outcome, older.Error));
        Assert.Matches(@"^it took application 5 on \d{4}-\d\d-\d\d, and this package has 4; --force sends it all the same$", older.Detail);

        var other = Assert.Single(bench.Flash(Bench.Package(6, hwVersion: 51)).Devices);
        Assert.Equal((DeviceOutcome.Failed, DfuError.HwVersionRefused), (other.Outcome, other.Error));
        Assert.Equal(
            "its bootloader took hardware version 52 in an earlier update, and this package is for 51; --force sends it all the same", other.Detail);
        Assert.Equal((commands, true, 2), (bench.Device.Counters.CreateCommands, bench.Device.InApplication, bench.Passport.Failures));
    }

    [Fact]
    public void A_forced_package_is_refused_by_the_bootloader_itself()
    {
        using var bench = new Bench(Bench.Options());
        bench.Flash(Bench.Package(5));
        var commands = bench.Device.Counters.CreateCommands;
        var device = Assert.Single(bench.Flash(Bench.Package(4), new() { Force = true }).Devices);
        Assert.Equal(DfuError.VersionRefused, device.Error);
        Assert.Equal(commands + 1, bench.Device.Counters.CreateCommands);
    }

    [Fact]
    public void A_device_that_took_a_lower_version_before_is_not_kept_from_one()
    {
        using var bench = new Bench(Bench.Options() with { DowngradePrevention = false });
        bench.Flash(Bench.Package(5));
        Assert.Equal(DeviceOutcome.Updated, Assert.Single(bench.Flash(Bench.Package(4), new() { Force = true }).Devices).Outcome);
        Assert.Equal(DeviceOutcome.Updated, Assert.Single(Again(bench, 3).Devices).Outcome);
    }

    private static CampaignView Again(Bench bench, uint version) => bench.Flash(Bench.Package(version));
}
