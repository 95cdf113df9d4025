using Dfu.Adapters.Simulated;
using Dfu.Adapters.Simulated.Time;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Plans;
using Dfu.Fleet.Updates;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;
using Dfu.Simulation.Stations;

namespace Dfu.Simulation.Tests.Support;

/// <summary>Devices on the air and what is known of them, for one campaign after another in virtual time.</summary>
internal sealed class Bench : IDisposable
{
    public static readonly BluetoothAddress First = BluetoothAddress.Parse("C0:98:76:54:32:10");

    private readonly VirtualTime _time = new();
    private readonly SimulatedAir _air;

    public Bench(params VirtualDeviceOptions[] devices)
        : this(LinkModel.Perfect, devices)
    {
    }

    public Bench(LinkModel link, params VirtualDeviceOptions[] devices)
    {
        _air = new SimulatedAir(_time, link, 7);
        foreach (var device in devices) _air.Add(device);
    }

    /// <summary>What outlives campaigns.</summary>
    public Dictionary<BluetoothAddress, DevicePassport> Passports { get; } = [];
    public IReadOnlyList<VirtualDevice> Devices => _air.Devices;
    public VirtualDevice Device => _air.Devices[0];
    public DevicePassport Passport => Passports[Device.ApplicationAddress];

    public static VirtualDeviceOptions Options(int above = 0, bool inApplication = true, string? revision = null) => new()
    {
        ApplicationAddress = new(First.Value + (ulong)above),
        StartsInApplication = inApplication,
        ApplicationSize = inApplication ? 9000 : 0,
        RequireSigned = false,
        FirmwareRevision = revision,
    };

    /// <summary>An application of some objects in another version.</summary>
    public static DfuPackage Package(uint version = 2, int bytes = (2 * 4096) + 500, uint hwVersion = 52) => PackageReader.Read(
        PackageWriter.Create(
            new PackageContents
            {
                Application = TestPackages.Random("app", bytes, (int)version), ApplicationVersion = version, HwVersion = hwVersion, SdReq = [0xFFFE],
            },
            null),
        null);

    /// <summary>Flashes them all and waits until those that are still copying have started.</summary>
    public CampaignView Flash(DfuPackage package, CampaignPlan? plan = null, bool restart = false) => _time.Run(async () =>
    {
        var store = new StationStore(_time);
        foreach (var (device, passport) in Passports) store.Know(device, passport);
        await using var station = new SimulatedStation(store, [_air.CreateAdapter("sim", new AdapterModel())], new(), UpdateRun.RunAsync);
        var targets = new TargetSelection { Addresses = [.. Devices.Select(static device => device.ApplicationAddress)] };
        await station.StartAsync(new() { Package = package, Targets = targets, Plan = plan ?? new(), Restart = restart }, CancellationToken.None);
        var view = await station.WaitAsync(CancellationToken.None);
        await Task.Delay(TimeSpan.FromSeconds(10), _time, CancellationToken.None);
        foreach (var device in targets.Addresses) Passports[device] = store.Passport(device)!;
        return view;
    });

    public void Dispose() => _air.Dispose();
}
