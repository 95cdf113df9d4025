using Dfu.Adapters.Simulated;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Packages;
using Dfu.Simulation.Tests.Support;

namespace Dfu.Simulation.Tests;

/// <summary>Where time went and what flash was erased for, next to what the virtual devices really did.</summary>
public sealed class CostTests
{
    private static readonly DfuPackage Package = Bench.Package(bytes: (50 * 4096) + 500);

    [Theory]
    [InlineData("sdk12")]
    [InlineData("sdk13")]
    [InlineData("sdk14")]
    [InlineData("sdk15.0")]
    [InlineData("sdk15.3")]
    [InlineData("sdk17")]
    [InlineData("sdk17 saving")]
    public void The_ledger_of_an_update_is_what_the_flash_was_erased(string profile)
    {
        using var bench = new Bench(Options(profile));
        var wear = Assert.Single(bench.Flash(Package).Devices).Wear;
        Assert.Equal(Truth(bench.Device), wear);
        Assert.InRange(wear.Pages, 102, 106); // 51 objects received, some of them created twice, and 51 copied over the application
        Assert.Equal(wear, bench.Passport.Wear);
    }

    /// <summary>An object under way is created again, and one erase may go unnoticed at each reconnect.</summary>
    [Theory]
    [InlineData("sdk12")]
    [InlineData("sdk14")]
    [InlineData("sdk15.0")]
    [InlineData("sdk15.3")]
    [InlineData("sdk17")]
    [InlineData("sdk17 saving")]
    public void With_drops_it_is_off_by_one_erase_a_reconnect_at_most(string profile)
    {
        using var bench = new Bench(new LinkModel { DropRate = 0.08 }, Options(profile));
        var device = Assert.Single(bench.Flash(Package).Devices);
        var (wear, truth) = (device.Wear, Truth(bench.Device));
        Assert.Equal(DeviceOutcome.Updated, device.Outcome);
        Assert.InRange(device.ResumeTotals.Times, 1, 1000);
        Assert.InRange(truth.Pages - wear.Pages, 0, bench.Device.Counters.Drops);
        Assert.InRange(Math.Abs(truth.Settings - wear.Settings), 0, bench.Device.Counters.Drops);
    }

    [Fact]
    public void A_passport_adds_up_what_campaigns_cost()
    {
        using var bench = new Bench(Options("sdk17"));
        var first = Assert.Single(bench.Flash(Bench.Package(2)).Devices);
        var second = Assert.Single(bench.Flash(Bench.Package(3)).Devices);
        Assert.Equal((first.Wear + second.Wear, Truth(bench.Device)), (second.LifetimeWear, bench.Passport.Wear));
        Assert.Equal(2, bench.Passport.Wear.Updates);
    }

    [Theory]
    [InlineData("sdk12", 0)]
    [InlineData("sdk17", 0)]
    [InlineData("sdk17", 0.08)]
    [InlineData("sdk17 saving", 0.08)]
    public void All_of_a_devices_time_went_somewhere(string profile, double drops)
    {
        using var bench = new Bench(new LinkModel { DropRate = drops }, [.. Enumerable.Range(0, 6).Select(n => Options(profile, n * 16))]);
        Assert.All(bench.Flash(Package).Devices, device =>
        {
            var all = (device.EndedAt - device.StartedAt)!.Value.TotalSeconds;
            Assert.Equal(device.Seconds, all, 0.01);
            var before = device.Time.Total - all; // it waits for its first slot, and was not counted then
            Assert.InRange(before, -0.01, device.Time.Waiting + 0.01);
            Assert.True(
                device.Time is { Air: > 1, Guard: > 0, Creating: > 0.1, Connecting: > 0, Jumping: > 0.1, Finishing: > 1, Resuming: > 0 },
                $"{device.Time}");
        });
    }

    private static DeviceWear Truth(VirtualDevice device) =>
        new(device.Counters.PageErases, device.Counters.SettingsErases, device.Counters.Activations);

    private static VirtualDeviceOptions Options(string profile, int above = 0) =>
        Bench.Options(above) with { Profile = BootloaderProfile.All.Single(known => known.ToString() == profile) };
}
