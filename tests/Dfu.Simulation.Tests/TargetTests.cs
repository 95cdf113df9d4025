using Dfu.Adapters.Simulated;
using Dfu.Adapters.Simulated.Time;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Updates;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;
using Dfu.Simulation.Stations;
using Dfu.Simulation.Tests.Support;

namespace Dfu.Simulation.Tests;

/// <summary>Targets by either address, or both, of devices in either of their programs; and what a campaign says of what it did.</summary>
public sealed class TargetTests
{
    private static readonly BluetoothAddress First = BluetoothAddress.Parse("C0:98:76:54:32:10");
    private static readonly DfuPackage Package = TestPackages.Application((2 * 4096) + 500);

    public static TheoryData<string, bool, bool> EitherAddress
    {
        get
        {
            var data = new TheoryData<string, bool, bool>();
            foreach (var profile in BootloaderProfile.All)
                foreach (var inApplication in new[] { false, true })
                    foreach (var byBootloader in new[] { false, true }) data.Add(profile.ToString(), inApplication, byBootloader);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(EitherAddress))]
    public void Either_address_finds_a_device_in_either_program(string profile, bool inApplication, bool byBootloader)
    {
        var options = Device(0, inApplication) with { Profile = BootloaderProfile.All.Single(known => known.ToString() == profile) };
        var (view, _, _) = Flash(new() { Addresses = [byBootloader ? First.Bootloader : First] }, options);
        var device = Assert.Single(view.Devices);
        Assert.Equal((DeviceOutcome.Updated, First, (BluetoothAddress?)First.Bootloader), (device.Outcome, device.Application, device.Bootloader));
    }

    [Fact]
    public void Several_devices_by_their_bootloaders_addresses_are_each_updated_once()
    {
        VirtualDeviceOptions[] options = [.. Enumerable.Range(0, 6).Select(n => Device(n * 16, inApplication: n % 2 == 0))];
        var targets = options.Select(device => device.ApplicationAddress.Bootloader).ToArray();
        var (view, devices, _) = Flash(new() { Addresses = [.. targets] }, options);
        Assert.Equal(CampaignOutcome.Succeeded, view.Outcome);
        Assert.All(devices, device => Assert.Equal(1, device.Counters.Activations));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_device_that_is_given_by_both_addresses_is_updated_once(bool inApplication)
    {
        var (view, devices, elapsed) = Flash(new() { Addresses = [First.Bootloader, First] }, Device(0, inApplication));
        Assert.Equal(CampaignOutcome.Succeeded, view.Outcome);
        Assert.Equal(DeviceOutcome.Updated, Assert.Single(view.Devices).Outcome);
        Assert.Contains("are the two addresses of one device", Assert.Single(view.Notices), StringComparison.Ordinal);
        Assert.Equal(1, devices[0].Counters.Activations);
        Assert.True(elapsed < TimeSpan.FromSeconds(125), elapsed.ToString());
    }

    /// <summary>The one above is switched on only after the first is updated, within the patience: it is not let go of before.</summary>
    [Fact]
    public void A_neighbour_that_comes_late_is_not_taken_for_the_others_bootloader()
    {
        var time = new VirtualTime();
        time.Run(async () =>
        {
            using var air = new SimulatedAir(time, LinkModel.Perfect, 7);
            air.Add(Device(0, inApplication: true));
            await using var station = new SimulatedStation(new(time), [air.CreateAdapter("sim", new AdapterModel())], new(), UpdateRun.RunAsync);
            await station.StartAsync(new() { Package = Package, Targets = new() { Addresses = [First, First.Bootloader] } }, CancellationToken.None);
            await Task.Delay(TimeSpan.FromSeconds(100), time, CancellationToken.None);
            air.Add(Device(1, inApplication: true));
            var view = await station.WaitAsync(CancellationToken.None);
            Assert.Equal((CampaignOutcome.Succeeded, 2), (view.Outcome, view.Devices.Count(device => device.Outcome == DeviceOutcome.Updated)));
            Assert.All(air.Devices, device => Assert.Equal(1, device.Counters.Activations));
            return true;
        });
    }

    /// <summary>Its bootloader is at the address of the application: the neighbour below is none of its programs.</summary>
    [Fact]
    public void A_neighbour_that_bonds_is_not_written_to_for_the_one_above()
    {
        var (view, devices, _) = Flash(new() { Addresses = [First.Bootloader] }, Device(0, inApplication: true) with { Bonded = true });
        var device = Assert.Single(view.Devices);
        Assert.Equal((DfuError.NotHeard, First.Bootloader), (device.Error, device.Application));
        Assert.Contains($"{First} is the application of another device", device.Detail, StringComparison.Ordinal);
        Assert.Equal(0, devices[0].Counters.Operations);
    }

    [Fact]
    public void Only_one_part_is_sent_and_no_application_is_waited_for_after_a_bootloader()
    {
        var package = TestPackages.Parts(ImageType.Bootloader, bootloaderVersion: 5, version: 3);
        var (view, devices, _) = Flash(new() { Addresses = [First] }, Device(0, false), package, ImageType.Bootloader);
        var device = Assert.Single(view.Devices);
        Assert.Equal((DeviceOutcome.Updated, (long)package.Images[0].Firmware.Length), (device.Outcome, device.BytesTotal));
        Assert.Equal((package.Images[0].Firmware.Length, 1), (devices[0].Counters.FirmwareBytes, devices[0].Counters.Activations));

        (view, devices, _) = Flash(new() { Addresses = [First] }, Device(0, true), package, ImageType.Application);
        Assert.Equal(DeviceOutcome.Updated, Assert.Single(view.Devices).Outcome);
        Assert.Equal(package.Images[1].Firmware.Length, devices[0].Counters.FirmwareBytes);
    }

    [Fact]
    public void The_same_part_again_goes_on_and_another_part_is_another_campaign()
    {
        var package = TestPackages.Parts(ImageType.Bootloader, bootloaderVersion: 5, version: 3);
        var store = new StationStore(new());
        Assert.False(Run(ImageType.Bootloader).GoesOn);
        Assert.True(Run(ImageType.Bootloader).GoesOn);
        Assert.False(Run(ImageType.Application).GoesOn);
        Assert.False(Run(null).GoesOn);

        CampaignView Run(ImageType? only) =>
            Flash(new() { Addresses = [First] }, Device(0, false) with { BootloaderVersion = 1 }, package, only, store).View;
    }

    /// <summary>The device held 16 objects of one package when another one came.</summary>
    [Theory]
    [InlineData("sdk12")]
    [InlineData("sdk15.0")]
    [InlineData("sdk17")]
    [InlineData("sdk17 saving")]
    public void Bytes_of_another_package_are_not_called_kept(string profile)
    {
        var time = new VirtualTime();
        var view = time.Run(async () =>
        {
            using var air = new SimulatedAir(time, LinkModel.Perfect, 7);
            var device = air.Add(Device(0, true) with { Profile = BootloaderProfile.All.Single(known => known.ToString() == profile) });
            await using (var station = Station())
            {
                var package = TestPackages.Application(260_000);
                await station.StartAsync(new() { Package = package, Targets = new() { Addresses = [First] } }, CancellationToken.None);
                while (device.Counters.FirmwareBytes < 90_000) await Task.Delay(TimeSpan.FromSeconds(0.1), time, CancellationToken.None);
                await station.StopAsync();
            }

            await using var next = Station();
            var other = TestPackages.Application(9000, seed: 2);
            await next.StartAsync(new() { Package = other, Targets = new() { Addresses = [First] } }, CancellationToken.None);
            return await next.WaitAsync(CancellationToken.None);

            SimulatedStation Station() => new(new(time), [air.CreateAdapter("sim", new AdapterModel())], new(), UpdateRun.RunAsync);
        });
        var updated = Assert.Single(view.Devices);
        Assert.Equal((DeviceOutcome.Updated, default(ResumeTotals)), (updated.Outcome, updated.ResumeTotals));
        Assert.All(updated.Resumes, resume => Assert.Equal(0, resume.Held));
        Assert.Equal(0, updated.BytesResent);
    }

    private static VirtualDeviceOptions Device(int above, bool inApplication) => new()
    {
        ApplicationAddress = new(First.Value + (ulong)above),
        StartsInApplication = inApplication,
        ApplicationSize = inApplication ? 9000 : 0,
        RequireSigned = false,
    };

    private static (CampaignView View, IReadOnlyList<VirtualDevice> Devices, TimeSpan Elapsed) Flash(
        TargetSelection targets, params VirtualDeviceOptions[] options) =>
        Flash(targets, options, Package, null, new(new()));

    private static (CampaignView View, IReadOnlyList<VirtualDevice> Devices, TimeSpan Elapsed) Flash(
        TargetSelection targets, VirtualDeviceOptions option, DfuPackage package, ImageType? only, StationStore? store = null) =>
        Flash(targets, [option], package, only, store ?? new(new()));

    private static (CampaignView View, IReadOnlyList<VirtualDevice> Devices, TimeSpan Elapsed) Flash(
        TargetSelection targets, VirtualDeviceOptions[] options, DfuPackage package, ImageType? only, StationStore store)
    {
        var (time, began) = (store.Time, store.Time.Elapsed);
        return time.Run(async () =>
        {
            using var air = new SimulatedAir(time, LinkModel.Perfect, 7);
            foreach (var device in options) air.Add(device);
            await using var station = new SimulatedStation(store, [air.CreateAdapter("sim", new AdapterModel())], new(), UpdateRun.RunAsync);
            await station.StartAsync(new() { Package = package, Only = only, Targets = targets }, CancellationToken.None);
            var view = await station.WaitAsync(CancellationToken.None);
            var elapsed = time.Elapsed - began;
            await Task.Delay(TimeSpan.FromSeconds(10), time, CancellationToken.None); // it may still copy what it accepted
            return (view, air.Devices, elapsed);
        });
    }
}
