using Dfu.Adapters;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Plans;
using Dfu.Fleet.Updates;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Simulation.Tests.Support;

namespace Dfu.Simulation.Tests;

/// <summary>After the reset: the application is found again, and asked what it is where it says so.</summary>
public sealed class VerifiedFinishTests
{
    [Fact]
    public void An_application_without_device_information_is_heard_and_not_connected_to()
    {
        using var bench = new Bench(Bench.Options());
        var device = Flash(bench, new());
        Assert.Equal((DeviceOutcome.Updated, new FinishReport(FinishCheck.Heard)), (device.Outcome, device.Finish));
        Assert.Equal((2, 0), (bench.Device.Counters.Connects, bench.Device.Counters.Reads)); // its application, its bootloader
    }

    [Fact]
    public void One_that_said_what_it_was_is_asked_what_it_is()
    {
        using var bench = new Bench(Bench.Options(revision: "1.0"));
        var device = Flash(bench, new());
        Assert.Equal((DeviceOutcome.Updated, FinishCheck.Read, "2"), (device.Outcome, device.Finish.Check, device.Finish.Revision));
        Assert.Equal(("2", FinishCheck.Read), (bench.Passport.Revision, bench.Passport.Check));
    }

    [Theory]
    [InlineData("2", true)]
    [InlineData("0x32", true)]
    [InlineData("2.0", false)]
    [InlineData("0x33", false)]
    public void What_is_expected_is_compared(string expected, bool fits)
    {
        using var bench = new Bench(Bench.Options(revision: "1.0"));
        var device = Flash(bench, new() { Expect = expected });
        Assert.Equal(
            fits ? (DeviceOutcome.Updated, DfuError.None, FinishCheck.Compared) : (DeviceOutcome.Failed, DfuError.ApplicationDiffers, FinishCheck.None),
            (device.Outcome, device.Error, device.Finish.Check));
        if (!fits) Assert.Equal($"0x2A26 says '2', expected was '{expected}'", device.Detail);
        Assert.Equal(1, bench.Device.Counters.Activations);
    }

    [Fact]
    public void An_application_that_keeps_its_old_revision_is_found_out()
    {
        using var bench = new Bench(Bench.Options(revision: "1.0") with { KeepsRevision = true });
        Assert.Equal("0x2A26 says '1.0', expected was '2'", Flash(bench, new() { Expect = "2" }).Detail);
    }

    [Fact]
    public void A_characteristic_of_the_campaigns_own_is_read()
    {
        using var bench = new Bench(Bench.Options() with { HardwareRevision = "pca10056" });
        var device = Flash(bench, new() { Characteristic = BluetoothUuid.HardwareRevision, Expect = "pca10056" });
        Assert.Equal((FinishCheck.Compared, "pca10056"), (device.Finish.Check, device.Finish.Revision));
    }

    [Fact]
    public void What_is_expected_of_an_application_that_says_nothing_fails()
    {
        using var bench = new Bench(Bench.Options());
        var device = Flash(bench, new() { Expect = "2" });
        Assert.Equal((DeviceOutcome.Failed, DfuError.ApplicationNotRead), (device.Outcome, device.Error));
        Assert.Equal("0x2A26 could not be read, expected was '2': it has no 0x2A26 that can be read", device.Detail);
    }

    [Theory]
    [InlineData(2, null, FinishCheck.Read)]
    [InlineData(2, "2", FinishCheck.Compared)]
    [InlineData(9, null, FinishCheck.Heard)]
    [InlineData(9, "2", FinishCheck.None)]
    public void A_read_that_fails_for_its_link_is_tried_again_and_fails_the_device_only_where_something_is_expected(
        int drops, string? expected, FinishCheck check)
    {
        using var bench = new Bench(Bench.Options(inApplication: false, revision: "1.0") with { ReadsThatDrop = drops });
        var device = Flash(bench, new() { Expect = expected, Characteristic = BluetoothUuid.FirmwareRevision });
        Assert.Equal(check, device.Finish.Check);
        Assert.Equal(check == FinishCheck.None ? DfuError.ApplicationNotRead : DfuError.None, device.Error);
        Assert.Equal(1, bench.Device.Counters.Activations);
    }

    [Fact]
    public void Without_verification_the_new_application_is_not_waited_for()
    {
        using var bench = new Bench(Bench.Options(revision: "1.0"));
        var device = Flash(bench, new() { Verify = false });
        Assert.Equal((DeviceOutcome.Updated, FinishCheck.Skipped, ""), (device.Outcome, device.Finish.Check, device.Detail));
        Assert.True(device.Time.Finishing < 0.1, $"{device.Time}");
        Assert.Equal(1, bench.Device.Counters.Activations);
    }

    [Fact]
    public void One_device_of_many_in_their_bootloaders_finds_out_for_the_campaign()
    {
        using var bench = new Bench([.. Enumerable.Range(0, 12).Select(n => Bench.Options(n * 16, inApplication: false, revision: "1.0"))]);
        var silent = new Bench([.. Enumerable.Range(0, 12).Select(n => Bench.Options(n * 16, inApplication: false))]);
        var package = Bench.Package(bytes: 40_000);
        Assert.InRange(bench.Flash(package).Devices.Count(static device => device.Finish.Check == FinishCheck.Read), 1, 12);
        Assert.All(silent.Flash(package).Devices, static device => Assert.Equal(FinishCheck.Heard, device.Finish.Check));
        Assert.Equal(1, silent.Devices.Sum(static device => device.Counters.Connects - 1 - device.Counters.Drops) - 1); // the one that probed, and asked
        silent.Dispose();
    }

    /// <summary>The adapter's end is not the application's silence: another adapter asks it.</summary>
    [Fact]
    public async Task An_adapter_that_goes_away_before_the_application_is_asked_does_not_fail_the_device()
    {
        var heard = new Advertisement(Bench.First, AddressType.Random, -60, "App", DfuService: true, Connectable: true);
        var order = new UpdateOrder
        {
            Heard = heard,
            Application = Bench.First,
            Bootloader = Bench.First.Bootloader,
            Package = Bench.Package(),
            Image = 0,
            Activated = [0],
            Hint = new(),
            BootloaderName = "",
            Finish = new() { Expect = "2" },
        };
        var radio = new GoneAdapter(heard);
        var error = await Assert.ThrowsAsync<DfuException>(
            () => UpdateRun.RunAsync(radio, order, new Recorder(), TimeProvider.System, CancellationToken.None));
        Assert.Equal((DfuError.AdapterLost, 1), (error.Error, radio.Connects));
    }

    private sealed class GoneAdapter(Advertisement heard) : IUpdateAdapter
    {
        public int Connects { get; private set; }

        public Task<Advertisement?> HearAsync(Func<Advertisement, bool> wanted, TimeSpan timeout, CancellationToken cancellationToken) =>
            Task.FromResult<Advertisement?>(heard);

        public Task<IDfuLink> ConnectAsync(BluetoothAddress address, AddressType addressType, CancellationToken cancellationToken)
        {
            Connects++;
            throw new DfuException(DfuError.AdapterLost, "it was unplugged");
        }
    }

    private static DeviceView Flash(Bench bench, FinishPlan finish) => Assert.Single(bench.Flash(Bench.Package(), new() { Finish = finish }).Devices);
}
