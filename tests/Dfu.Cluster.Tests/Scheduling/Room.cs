using System.Collections.Immutable;
using Dfu.Adapters;
using Dfu.Fleet;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Shells.Scheduling;
using Dfu.Protocol.Links;

namespace Dfu.Cluster.Tests.Scheduling;

/// <summary>Adapters, campaigns and devices around a board, on a clock of the scheduler's own.</summary>
internal sealed class Room
{
    private readonly Dictionary<string, AdapterState> _adapters = [];

    public Room(FleetPolicy? policy = null) => Board = new(policy ?? new(), new FleetTimes(), Now);

    public SchedulerBoard Board { get; }
    public DateTimeOffset Now { get; private set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static BluetoothAddress Device(int n) => new(0xC0_00_00_00_00_00ul + ((ulong)n * 16));

    public void After(double seconds) => Now = Now.AddSeconds(seconds);

    public static Advertisement Application(int n, int rssi = -60) => new(Device(n), AddressType.Random, rssi, "Sensor", DfuService: true, Connectable: true);

    public static Advertisement Bootloader(int n, int rssi = -60) =>
        new(Device(n).Bootloader, AddressType.Random, rssi, "DfuTarg", DfuService: true, Connectable: true);

    public AdapterState Adapter(string id) => _adapters.TryGetValue(id, out var state) ? state : _adapters[id] = new()
    {
        Id = id,
        Name = id,
        Status = AdapterStatus.Ready,
        Epoch = 1,
        Limit = new() { Current = 3, Ceiling = 3 },
    };

    public void Change(string id, Func<AdapterState, AdapterState> change) => _adapters[id] = change(Adapter(id));

    /// <summary>An adapter reports as it is, having heard these this moment.</summary>
    public void Report(string id, params Advertisement[] heard) => Report(id, TimeSpan.Zero, heard);

    public void Report(string id, TimeSpan age, params Advertisement[] heard) =>
        Board.Report(
            new()
            {
                State = Adapter(id),
                Host = id.Split('/')[0],
                HostMost = HostMost.GetValueOrDefault(id.Split('/')[0]),
                Heard = [.. heard.Select(advertisement => new HeardAdvertisement(advertisement, age))],
            },
            Now);

    /// <summary>Ceilings of hosts for their own adapters.</summary>
    public Dictionary<string, int?> HostMost { get; } = [];

    public void Watch(string campaign, params int[] devices) => Watch(campaign, new CampaignLimits(), devices);

    public void Watch(string campaign, CampaignLimits limits, params int[] devices) =>
        Board.Watch(new() { Campaign = campaign, Limits = limits, Devices = [.. devices.Select(n => new WatchedDevice { Device = Device(n) })] }, Now);

    public void Collect(string campaign, string? nameGlob = null, params int[] devices) => Board.Watch(
        new() { Campaign = campaign, Collecting = true, NameGlob = nameGlob, NamedByApplication = true,
            Devices = [.. devices.Select(n => new WatchedDevice { Device = Device(n) })] },
        Now);

    public AirReport Ask(
        string campaign, int n, double waitingFor = 1, int attempt = 0, TimeSpan clockAhead = default, Func<DeviceState, DeviceState>? with = null)
    {
        var theirs = Now + clockAhead;
        var state = DeviceState.New(Device(n), [40_960], theirs.AddSeconds(-waitingFor)) with { Attempt = attempt };
        return Board.Request(new() { Campaign = campaign, Device = with is null ? state : with(state), At = theirs }, Now);
    }

    public ImmutableArray<BoardGrant> Plan() => Board.Plan(Now);

    /// <summary>The adapter's own report shows the slot of a grant, its connect done.</summary>
    public void Show(BoardGrant grant) => Change(grant.Event.Adapter, state => state with { Slots = state.Slots.Add(new(grant.Device, grant.Attempt)) });
}
