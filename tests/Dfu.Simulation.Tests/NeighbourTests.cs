using System.Globalization;
using Dfu.Adapters.Simulated;
using Dfu.Adapters.Simulated.Time;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Updates;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;
using Dfu.Simulation.Stations;
using Dfu.Simulation.Tests.Support;

namespace Dfu.Simulation.Tests;

/// <summary>Two devices whose addresses follow one another, one of them the target of a whole campaign.</summary>
public sealed class NeighbourTests
{
    private static readonly BluetoothAddress First = BluetoothAddress.Parse("C0:98:76:54:32:10");
    private static readonly DfuPackage Package = TestPackages.Application((2 * 4096) + 500);

    public static TheoryData<int, bool, bool, double> Rooms
    {
        get
        {
            var rooms = new TheoryData<int, bool, bool, double>();
            foreach (var distance in new[] { 1, 2 })
                foreach (var bonded in new[] { (false, false), (true, false), (false, true), (true, true) })
                    foreach (var drops in new[] { 0, 0.3 }) rooms.Add(distance, bonded.Item1, bonded.Item2, drops);
            return rooms;
        }
    }

    /// <summary>
    /// However the target is named and whichever programs run, in whichever order the air tells of them. An address may name two
    /// devices, the application of one and the bootloader of the other: then one of them is the target, and stays it. What cannot be
    /// told apart by anything on the air is left out: two bootloaders at one address, and one that bonds right above the target.
    /// </summary>
    [Theory]
    [MemberData(nameof(Rooms))]
    public void Nobody_but_the_target_is_ever_written_to(int distance, bool firstBonds, bool secondBonds, double drops)
    {
        for (var n = 0; n < 2 * 2 * 2 * (distance + 2); n++)
        {
            var (firstInApplication, secondInApplication, reversed, name) = ((n & 1) != 0, (n & 2) != 0, (n & 4) != 0, n >> 3);
            var first = Device(First, firstBonds, firstInApplication);
            var second = Device(new(First.Value + (ulong)distance), secondBonds, secondInApplication);
            var target = new BluetoothAddress(First.Value + (ulong)name);
            var (view, devices) = Flash(target, drops, reversed ? [second, first] : [first, second]);

            var what = string.Create(
                CultureInfo.InvariantCulture, $"{target} of {Describe(first)} and {Describe(second)}, reversed {reversed}: {view.Outcome} {view.Detail}");
            var named = devices.Where(device => device.ApplicationAddress == target || device.BootloaderAddress == target).ToArray();
            var bonded = devices.Where(device => device.Options is { Bonded: true, StartsInApplication: false });
            if (bonded.Any(device => device.BootloaderAddress == target.Bootloader)) continue;
            if (devices[0].BootloaderAddress == devices[1].BootloaderAddress && devices.Any(static device => !device.Options.StartsInApplication)) continue;
            var written = devices.Where(static device => device.Counters.Operations > 0).ToArray();
            Assert.True(
                written.All(device => named.Contains(device)) && written.Length <= 1,
                $"{string.Join(", ", written.Select(device => device.ApplicationAddress))} was written to: {what}");
            Assert.True(devices.Count(static device => device.Counters.Activations > 0) == (view.Outcome == DeviceOutcome.Updated ? 1 : 0), what);

            // Nobody else is at its addresses, and it is heard at the one that was given or that of its bootloader: nothing stands in its way.
            var alone = named.Length == 1
                && devices.All(device => device == named[0] || (Starts(device) != named[0].ApplicationAddress && Starts(device) != named[0].BootloaderAddress));
            if (alone && (Starts(named[0]) == target || named[0].ApplicationAddress == target)) Assert.True(view.Outcome == DeviceOutcome.Updated, what);
            if (view.Outcome != DeviceOutcome.Updated) Assert.True(view.Detail.Contains("heard", StringComparison.Ordinal), what);
        }

        string Describe(VirtualDeviceOptions options) =>
            $"{options.ApplicationAddress} in its {(options.StartsInApplication ? "application" : "bootloader")}{(options.Bonded ? ", bonded" : "")}";
    }

    private static VirtualDeviceOptions Device(BluetoothAddress application, bool bonds, bool inApplication) =>
        new()
        {
            ApplicationAddress = application,
            Bonded = bonds,
            BondedWith = bonds ? "sim" : null,
            StartsInApplication = inApplication,
            RequireSigned = false,
        };

    /// <summary>Where it is on the air at first.</summary>
    private static BluetoothAddress Starts(VirtualDevice device) => device.Options.StartsInApplication ? device.ApplicationAddress : device.BootloaderAddress;

    private static (DeviceView View, IReadOnlyList<VirtualDevice> Devices) Flash(BluetoothAddress target, double drops, VirtualDeviceOptions[] options)
    {
        var time = new VirtualTime();
        return time.Run(async () =>
        {
            using var air = new SimulatedAir(time, LinkModel.Perfect with { DropRate = drops }, 7);
            foreach (var device in options) air.Add(device);
            await using var station = new SimulatedStation(new(time), [air.CreateAdapter("sim", new AdapterModel())], new(), UpdateRun.RunAsync);
            await station.StartAsync(new() { Package = Package, Targets = new() { Addresses = [target] } }, CancellationToken.None);
            var view = await station.WaitAsync(CancellationToken.None);
            await Task.Delay(TimeSpan.FromSeconds(10), time, CancellationToken.None); // it may still copy what it accepted
            return (view.Devices.Single(), air.Devices);
        });
    }
}
