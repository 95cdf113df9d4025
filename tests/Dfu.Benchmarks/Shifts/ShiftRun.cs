using Dfu.Adapters.Simulated;
using Dfu.Adapters.Simulated.Time;
using Dfu.Fleet;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Updates;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;
using Dfu.Simulation.Stations;

namespace Dfu.Benchmarks.Shifts;

/// <summary>One shift in virtual time: the fleet's own machines over virtual devices, and somebody who brings units and takes them away.</summary>
public sealed class ShiftRun
{
    private const uint HwVersion = 52;
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly ShiftSpec _spec;
    private readonly bool _naive;
    private readonly VirtualTime _time;
    private readonly SimulatedAir _air;
    private readonly List<Unit> _units = [];
    private readonly Dictionary<BluetoothAddress, Unit> _present = [];

    private ShiftRun(ShiftSpec spec, bool naive, VirtualTime time, SimulatedAir air) => (_spec, _naive, _time, _air) = (spec, naive, time, air);

    /// <param name="naive">See <see cref="NaiveScheduler"/>; every unit is in its bootloader as soon as it has come, and again when it has fallen back.</param>
    public static ShiftFigures Run(ShiftSpec spec, bool naive)
    {
        var time = new VirtualTime();
        return time.Run(async () =>
        {
            using var air = new SimulatedAir(time, spec.Link, spec.Seed);
            return await new ShiftRun(spec, naive, time, air).RunAsync();
        });
    }

    private async Task<ShiftFigures> RunAsync()
    {
        var random = new Random(_spec.Seed);
        MakeUnits(random);
        var package = MakePackage(random);
        var adapters = Enumerable.Range(0, _spec.Adapters).Select(i => _air.CreateAdapter($"radio {i + 1}", _spec.Model(i))).ToArray();
        var policy = new FleetPolicy { Campaign = new() { Patience = TimeSpan.FromMinutes(3) } };
        await using var station = new SimulatedStation(new(_time), adapters, policy, UpdateRun.RunAsync, _naive ? new NaiveScheduler().Plan : null);
        var began = _time.GetUtcNow();
        await station.StartAsync(new() { Package = package, Targets = new() { All = true, Count = _spec.Units } }, CancellationToken.None);
        var over = station.WaitAsync(CancellationToken.None);
        var happenings = Task.WhenAll(FeedAsync(), DieAsync(adapters[0]));
        while (!over.IsCompleted)
        {
            await Task.WhenAny(over, Task.Delay(LookEvery, _time, CancellationToken.None));
            Look(station.Snapshot());
        }

        await happenings;
        var good = _units.Where(static unit => unit.Kind == UnitKind.Good).ToList();
        var bound = new ShiftBound(_spec, package.Images[0]).Of(_spec, [.. good.Select(static unit => unit.ComesAt)]);
        return new(
            good.Max(static unit => unit.EndedAt) - began,
            bound,
            good.Count,
            good.Count(static unit => !unit.Updated),
            good.Count(static unit => unit.FellBack > 0 || unit.LeftInBootloader),
            good.Sum(static unit => unit.FellBack),
            good.Sum(unit => unit.FirmwareBytes - _spec.ImageBytes),
            _spec.ImageBytes,
            _units.Count(static unit => unit.Kind != UnitKind.Good && unit.Updated));
    }

    private void MakeUnits(Random random)
    {
        var bad = Math.Max(3, (int)Math.Round(_spec.BadShare * _spec.Units));
        var places = Enumerable.Range(0, _spec.Units).OrderBy(_ => random.Next()).Take(bad).Select((place, i) => (place, Kind: (UnitKind)(1 + (i % 3))))
            .ToDictionary(static pair => pair.place, static pair => pair.Kind);
        for (var i = 0; i < _spec.Units; i++)
        {
            var comesAt = _spec.Feed * ((i + random.NextDouble()) / _spec.Units);
            _units.Add(new(i, places.GetValueOrDefault(i), comesAt, Rssi: random.Next(-75, -54)));
        }
    }

    private DfuPackage MakePackage(Random random)
    {
        var image = new byte[_spec.ImageBytes];
        random.NextBytes(image);
        var contents = new PackageContents { Application = new FirmwareFile("app", image), ApplicationVersion = 1, HwVersion = HwVersion, SdReq = [0x0100] };
        return PackageReader.Read(PackageWriter.Create(contents, null), null);
    }

    private async Task FeedAsync()
    {
        foreach (var unit in _units)
        {
            if (unit.ComesAt - _time.Elapsed is { Ticks: > 0 } wait) await Task.Delay(wait, _time, CancellationToken.None);
            unit.Device = _air.Add(new VirtualDeviceOptions
            {
                ApplicationAddress = VirtualDeviceOptions.AddressFor(_spec.Seed, unit.Number),
                StartsInApplication = true,
                RequireSigned = false,
                Rssi = unit.Rssi,
                HwVersion = unit.Kind == UnitKind.OtherHardware ? HwVersion - 1 : HwVersion,
            });
            _present[unit.Device.ApplicationAddress] = unit;
            if (_naive) unit.Device.EnterBootloader();
        }
    }

    private async Task DieAsync(SimulatedAdapterSource adapter)
    {
        await Task.Delay(_spec.DiesAt, _time, CancellationToken.None);
        adapter.Kill();
        await Task.Delay(_spec.ComesBackAt - _spec.DiesAt, _time, CancellationToken.None);
        adapter.Revive();
    }

    /// <summary>Takes away what is done, and does to the bad units what is wrong with them.</summary>
    private void Look(CampaignView view)
    {
        foreach (var shown in view.Devices)
        {
            if (!_present.TryGetValue(shown.Application, out var unit)) continue;
            var device = unit.Device!;
            if (shown.Phase == DevicePhase.Done)
            {
                unit.Take(shown, _spec, _time.GetUtcNow());
                _air.Remove(device);
                _present.Remove(shown.Application);
                continue;
            }

            if (unit.Kind == UnitKind.AlwaysDrops) unit.CutNextLink();
            else if (unit.Kind == UnitKind.Dies && device.Counters.FirmwareBytes > _spec.ImageBytes / 4) _air.Remove(device);
            else if (_naive && device.InApplication && device.Counters.Activations == 0 && shown.Phase == DevicePhase.Queued) device.EnterBootloader();
        }
    }

    private sealed record Unit(int Number, UnitKind Kind, TimeSpan ComesAt, int Rssi)
    {
        private int _cut = -1;

        public VirtualDevice? Device { get; set; }
        public bool Updated { get; private set; }
        public bool LeftInBootloader { get; private set; }
        public int FellBack { get; private set; }
        public long FirmwareBytes { get; private set; }
        public DateTimeOffset EndedAt { get; private set; }

        /// <summary>Once for each link: before a link has confirmed anything it is gone.</summary>
        public void CutNextLink()
        {
            if (_cut == Device!.Counters.Connects) return;
            _cut = Device.Counters.Connects;
            Device.CutAfter(12);
        }

        /// <summary>Notes what came of it, and lets the device go: hundreds of them hold much memory.</summary>
        public void Take(DeviceView shown, ShiftSpec spec, DateTimeOffset now)
        {
            Updated = shown.Outcome == DeviceOutcome.Updated && Device!.ActivatedImage is { Length: var length } && length == spec.ImageBytes;
            LeftInBootloader = Device!.Mode == DeviceMode.Bootloader;
            FellBack = Device.Counters.Timeouts;
            FirmwareBytes = Device.Counters.FirmwareBytes;
            EndedAt = now;
            Device = null;
        }
    }
}
