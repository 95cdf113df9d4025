using Dfu.Adapters.Simulated;
using Dfu.Adapters.Simulated.Time;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Updates;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;
using Dfu.Simulation.Stations;
using Dfu.Simulation.Tests.Support;

namespace Dfu.Simulation.Tests;

/// <summary>Whole updates of a device that bonds: the adapter that sent it to its bootloader keeps it, and what happens when that one goes.</summary>
public sealed class BondTests
{
    private static readonly BluetoothAddress Address = BluetoothAddress.Parse("C0:98:76:54:32:10");
    private static readonly DfuPackage Package = TestPackages.Application((40 * 4096) + 500);

    private readonly VirtualTime _time = new();
    private readonly StationStore _store;

    public BondTests() => _store = new(_time);

    [Fact]
    public void A_device_that_bonds_is_updated_and_is_heard_in_its_application() => Run(async room =>
    {
        var device = await room.FlashAsync("a");
        Assert.Equal((DeviceOutcome.Updated, ""), (device.Outcome, device.Detail));
        Assert.Equal((Address, (BluetoothAddress?)Address), (device.Application, device.Bootloader));
        Assert.Equal(1, room.Device.Counters.Activations);
        Assert.InRange(_time.Elapsed.TotalSeconds, 0, 25);
    });

    [Fact]
    public void After_a_drop_it_goes_on_over_the_adapter_that_has_its_bond_though_another_is_free() => Run(
        async room =>
        {
            var device = await room.FlashAsync("a", "b");
            Assert.Equal((DeviceOutcome.Updated, 1, 2), (device.Outcome, device.ResumeTotals.Times, device.Attempts));
            Assert.Equal(4, room.Device.Counters.Connects); // the jump, the probe, the transfer, and its rest after the drop: nobody else tried
        },
        drops: LinkModel.Perfect with { DropAfterBytes = 80_000 });

    [Fact]
    public void Found_in_its_bootloader_it_is_tried_over_every_adapter_until_the_one_that_has_its_bond() => Run(
        async room =>
        {
            var device = await room.FlashAsync("a", "b", "c");
            Assert.Equal((DeviceOutcome.Updated, "c"), (device.Outcome, device.Adapter));
            Assert.InRange(_time.Elapsed.TotalSeconds, 0, 40);
        },
        device: static options => options with { StartsInApplication = false, BondedWith = "c" });

    [Fact]
    public void When_the_adapter_with_the_bond_dies_it_is_waited_for() => Run(async room =>
    {
        var flash = room.FlashAsync("a", "b");
        await room.SendsAsync(100_000);
        var keeper = room.Keeper;
        keeper.Kill();
        await room.WaitAsync(40);
        Assert.Equal(DeviceMode.Bootloader, room.Device.Mode);
        keeper.Revive();
        var device = await flash;
        Assert.Equal((DeviceOutcome.Updated, keeper.Id, 1), (device.Outcome, device.Adapter, device.ResumeTotals.Times));
        Assert.InRange(_time.Elapsed.TotalSeconds, 40, 110);
    });

    /// <summary>Its application is still there: the bootloader leaves DFU mode after 120 s, and the application bonds with whom it meets.</summary>
    [Fact]
    public void When_it_dies_for_good_another_adapter_begins_anew_with_the_application() => Run(async room =>
    {
        var flash = room.FlashAsync("a", "b");
        await room.SendsAsync(100_000);
        var keeper = room.Keeper;
        keeper.Kill();
        var device = await flash;
        Assert.Equal(DeviceOutcome.Updated, device.Outcome);
        Assert.NotEqual(keeper.Id, device.Adapter);
        Assert.InRange(_time.Elapsed.TotalSeconds, 120, 180);
    });

    [Fact]
    public void When_it_dies_for_good_and_the_device_has_no_application_the_device_fails_and_says_whom_it_waits_for() => Run(
        async room =>
        {
            var flash = room.FlashAsync("a", "b");
            await room.SendsAsync(100_000);
            var keeper = room.Keeper;
            keeper.Kill();
            var device = await flash;
            Assert.Equal((DeviceOutcome.Failed, DfuError.BondedElsewhere), (device.Outcome, device.Error));
            Assert.Equal($"it waits in its bootloader for {keeper.Id}, which has its bond and has not heard it for 136 s", device.Detail);
            Assert.InRange(_time.Elapsed.TotalSeconds, 135, 160);
        },
        device: static options => options with { SingleBank = true });

    [Fact]
    public void A_bootloader_whose_bond_nobody_here_has_fails_with_the_adapters_it_did_not_take() => Run(
        async room =>
        {
            var device = await room.FlashAsync("a", "b");
            Assert.Equal((DeviceOutcome.Failed, DfuError.BondedElsewhere), (device.Outcome, device.Error));
            Assert.Matches("^it waits in its bootloader, which does not take (a, b|b, a)$", device.Detail);
        },
        device: static options => options with { StartsInApplication = false, BondedWith = "elsewhere" });

    [Fact]
    public void An_application_that_knows_an_adapter_which_lost_its_bond_is_updated_over_another() => Run(
        async room =>
        {
            var device = await room.FlashAsync("a", "b");
            Assert.Equal((DeviceOutcome.Updated, "b"), (device.Outcome, device.Adapter));
        },
        device: static options => options with { BondedWith = "a", BondKept = false });

    [Fact]
    public void And_fails_at_once_when_there_is_no_other() => Run(
        async room =>
        {
            var device = await room.FlashAsync("a");
            Assert.Equal((DeviceOutcome.Failed, DfuError.PairingRefused), (device.Outcome, device.Error));
            Assert.Equal("it is heard, and does not pair with a", device.Detail);
            Assert.InRange(_time.Elapsed.TotalSeconds, 10, 30);
        },
        device: static options => options with { BondedWith = "a", BondKept = false });

    [Fact]
    public void Another_process_remembers_which_adapter_has_the_bond() => Run(async room =>
    {
        await room.CrashAsync(100_000, "a", "b");
        var connects = room.Device.Counters.Connects;
        var device = await room.FlashAsync("b", "a");
        Assert.Equal((DeviceOutcome.Updated, "a"), (device.Outcome, device.Adapter));
        Assert.Equal(connects + 1, room.Device.Counters.Connects);
    });

    private void Run(Func<Room, Task> body, Func<VirtualDeviceOptions, VirtualDeviceOptions>? device = null, LinkModel? drops = null) => _time.Run(async () =>
    {
        using var air = new SimulatedAir(_time, drops ?? LinkModel.Perfect, 7);
        var options = new VirtualDeviceOptions
        {
            ApplicationAddress = Address,
            Profile = BootloaderProfile.Sdk17Saving,
            Bonded = true,
            StartsInApplication = true,
            RequireSigned = false,
        };
        await body(new Room(air, air.Add(device?.Invoke(options) ?? options), _store, _time));
    });

    private sealed class Room(SimulatedAir air, VirtualDevice device, StationStore store, VirtualTime time)
    {
        private readonly Dictionary<string, SimulatedAdapterSource> _sources = [];
        private Func<string?> _keeper = static () => null;

        public VirtualDevice Device => device;

        /// <summary>The adapter that works on the device.</summary>
        public SimulatedAdapterSource Keeper => _sources[_keeper()!];

        public Task WaitAsync(double seconds) => Task.Delay(TimeSpan.FromSeconds(seconds), time, CancellationToken.None);

        public async Task SendsAsync(long bytes)
        {
            while (Device.Counters.FirmwareBytes < bytes) await WaitAsync(0.1);
        }

        public async Task<DeviceView> FlashAsync(params string[] adapters)
        {
            await using var station = await StartAsync(adapters);
            return (await station.WaitAsync(CancellationToken.None)).Devices.Single();
        }

        /// <summary>Flashes up to so many bytes, and lets go of everything.</summary>
        public async Task CrashAsync(long bytes, params string[] adapters)
        {
            await using var station = await StartAsync(adapters);
            await SendsAsync(bytes);
        }

        private async Task<SimulatedStation> StartAsync(string[] adapters)
        {
            foreach (var id in adapters) _sources.TryAdd(id, air.CreateAdapter(id, new() { PathSpread = 0, RssiJitter = 0 }));
            var station = new SimulatedStation(store, [.. adapters.Select(id => _sources[id])], new(), UpdateRun.RunAsync);
            _keeper = () => station.Snapshot().Devices.Single().Adapter;
            await station.StartAsync(new() { Package = Package, Targets = new() { Addresses = [Address] } }, CancellationToken.None);
            return station;
        }
    }
}
