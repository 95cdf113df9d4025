using Dfu.Adapters.Simulated;
using Dfu.Fleet.Attempts;
using Dfu.Fleet.Updates;
using Dfu.Protocol.Links;
using Dfu.Simulation.Faults;
using Dfu.Simulation.Hosts;

namespace Dfu.Simulation.Invariants;

/// <summary>Watches who drives which device: never two at once, and nobody after somebody else has taken it over.</summary>
internal sealed class Drivers(Cluster cluster)
{
    private readonly Dictionary<BluetoothAddress, List<Run>> _runs = [];
    private readonly Dictionary<BluetoothAddress, int> _linked = [];
    private readonly Dictionary<BluetoothAddress, int> _garble = [];
    private readonly HashSet<VirtualDevice> _harmed = [];
    private readonly HashSet<VirtualDevice> _unsound = [];
    private readonly List<(HostProcess Process, VirtualDevice Device, IDfuLink Link, LinkWork Work)> _links = [];
    private readonly List<HostProcess> _connecting = [];
    private int _count;

    public int Runs => _count;

    public ResentBytes Resent { get; } = new(cluster);

    /// <summary>Told when something begins that a fault may wait for.</summary>
    public Action<Scene> Seen { get; set; } = static _ => { };

    /// <summary>What is under way.</summary>
    public Activity Activity
    {
        get
        {
            _connecting.RemoveAll(static process => process.Dead);
            var activity = _runs.Values.Any(static runs => runs.Count > 0) ? Activity.Attempt : Activity.None;
            if (_connecting.Count > 0) activity |= Activity.Connect;
            foreach (var (_, _, _, work) in _links.Where(static one => !one.Link.Closed.IsCompleted))
                activity |= work.IsExecuting ? Activity.Execute : work.Bytes > 0 ? Activity.Object : Activity.None;
            return activity;
        }
    }

    /// <summary>Told when a process has another link.</summary>
    public Action<HostProcess> Opened { get; set; } = static _ => { };

    /// <summary>Who has links to which devices.</summary>
    public IEnumerable<(HostProcess Process, VirtualDevice Device)> Links
    {
        get
        {
            _links.RemoveAll(static one => one.Link.Closed.IsCompleted || one.Process.Dead);
            return _links.Select(static one => (one.Process, one.Device));
        }
    }

    /// <summary>The product's runner, watched, for one process.</summary>
    public UpdateRunner RunAsync(HostProcess process) => async (adapter, order, observer, time, cancellationToken) =>
    {
        var run = Begin(process, order.Application, cancellationToken);
        try
        {
            return await UpdateRun.RunAsync(new WatchedAdapter(adapter, run, this), order, observer, time, cancellationToken);
        }
        finally
        {
            _runs[run.Device].Remove(run);
        }
    };

    /// <summary>The packet after so many more reaches the device changed.</summary>
    public void Garble(VirtualDevice device, int after)
    {
        _garble[device.ApplicationAddress] = after;
        _harmed.Add(device);
        Resent.Garbled(device);
    }

    /// <summary>What the device says may not be so, for no fault of anybody.</summary>
    public void Harmed(VirtualDevice device)
    {
        _harmed.Add(device);
        Resent.Confused(device);
    }

    /// <summary>The device's flash is not what it was told to be: it may accept an image and not run it, and nobody outside can tell.</summary>
    public void Unsound(VirtualDevice device)
    {
        _unsound.Add(device);
        Harmed(device);
    }

    public bool IsUnsound(VirtualDevice device) => _unsound.Contains(device);

    public bool IsHarmed(VirtualDevice device) => _harmed.Contains(device);

    public void Died(HostProcess process)
    {
        foreach (var runs in _runs.Values) runs.RemoveAll(run => run.Process == process);
    }

    private Run Begin(HostProcess process, BluetoothAddress device, CancellationToken stopped)
    {
        var run = new Run(++_count, process, DeviceOf(device), stopped);
        if (!_runs.TryGetValue(run.Device, out var runs)) _runs[run.Device] = runs = [];
        foreach (var other in runs)
        {
            if (!other.Stopped.IsCancellationRequested && !other.Process.Stopped && !HasJustWoken(other.Process))
                cluster.Violate($"{process} begins to drive {run.Device} while {other.Process} does and was not told to stop");
        }

        runs.Add(run);
        return run;
    }

    /// <summary>A lease does not run out while its host sleeps: what was left of it is left when the host wakes.</summary>
    private bool HasJustWoken(HostProcess process) => process.WokeAt is { } woke && cluster.Time.Elapsed - woke <= cluster.Spec.Times.Lease;

    /// <summary>The simulated device behind an address, whichever of its two it is.</summary>
    private BluetoothAddress DeviceOf(BluetoothAddress address) => Find(address)?.ApplicationAddress ?? address;

    private VirtualDevice? Find(BluetoothAddress address) =>
        cluster.Air.Devices.FirstOrDefault(device => device.ApplicationAddress == address || device.BootloaderAddress == address);

    private async Task<IDfuLink> ConnectAsync(Run run, VirtualDevice? device, Func<Task<IDfuLink>> connect)
    {
        _connecting.Add(run.Process);
        Seen(new(Moment.Connect, run.Process, device));
        try
        {
            return await connect();
        }
        finally
        {
            _connecting.Remove(run.Process);
        }
    }

    private IDfuLink Wrap(IDfuLink link) => cluster.Spec.Wrap(link);

    /// <remarks>A process that goes on after it was stopped may find that a connect from before has come true. That harms nobody before it writes.</remarks>
    private void Linked(Run run, IDfuLink link, LinkWork work)
    {
        _linked[run.Device] = Math.Max(run.Number, _linked.GetValueOrDefault(run.Device));
        if (Find(run.Device) is not { } device) return;
        _links.Add((run.Process, device, link, work));
        Opened(run.Process);
    }

    private ReadOnlyMemory<byte> Changed(Run run, DfuCharacteristic characteristic, ReadOnlyMemory<byte> value)
    {
        if (characteristic != DfuCharacteristic.Packet || !_garble.TryGetValue(run.Device, out var left)) return value;
        _garble[run.Device] = left - 1;
        if (left > 0) return value;
        _garble.Remove(run.Device);
        var changed = value.ToArray();
        changed[^1] ^= 0x10;
        return changed;
    }

    private void Wrote(Run run)
    {
        if (_linked.GetValueOrDefault(run.Device) > run.Number) cluster.Violate($"{run.Process} writes to {run.Device}, which another has taken over");
    }

    private sealed record Run(int Number, HostProcess Process, BluetoothAddress Device, CancellationToken Stopped);

    private sealed class WatchedAdapter(IUpdateAdapter adapter, Run run, Drivers drivers) : IUpdateAdapter
    {
        public Task<Dfu.Adapters.Advertisement?> HearAsync(
            Func<Dfu.Adapters.Advertisement, bool> wanted, TimeSpan timeout, CancellationToken cancellationToken) =>
            adapter.HearAsync(wanted, timeout, cancellationToken);

        public async Task<IDfuLink> ConnectAsync(BluetoothAddress address, Dfu.Adapters.AddressType addressType, CancellationToken cancellationToken)
        {
            var device = drivers.Find(address);
            var link = await drivers.ConnectAsync(run, device, () => adapter.ConnectAsync(address, addressType, cancellationToken));
            var work = device is not null ? drivers.Resent.Linked(device) : new();
            drivers.Linked(run, link, work);
            return new WatchedLink(drivers.Wrap(link), (characteristic, value) => drivers.Changed(run, characteristic, value), (characteristic, value) =>
            {
                drivers.Wrote(run);
                work.Wrote(characteristic, value.Span);
                if (work.IsExecuting) drivers.Seen(new(Moment.Execute, run.Process, device));
                else if (work.Bytes > 0 && characteristic == DfuCharacteristic.Packet) drivers.Seen(new(Moment.Object, run.Process, device));
            });
        }
    }
}
