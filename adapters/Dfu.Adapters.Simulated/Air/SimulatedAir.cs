using Dfu.Adapters.Simulated.Air;
using Dfu.Adapters.Simulated.Bootloader;
using Dfu.Adapters.Simulated.Devices;

namespace Dfu.Adapters.Simulated;

/// <summary>A room full of virtual devices and the radios that hear them, in the time of one <see cref="TimeProvider"/>.</summary>
/// <remarks>Under virtual time the same seed gives the same run. Safe to call from any thread.</remarks>
public sealed class SimulatedAir : IDisposable
{
    private readonly List<VirtualDevice> _devices = [];
    private readonly List<SimulatedAdapterSource> _adapters = [];
    private readonly int _seed;
    private int _added;

    /// <param name="seed">Decides losses, drops and signal strengths.</param>
    public SimulatedAir(TimeProvider time, LinkModel link, int seed)
    {
        Events = new EventQueue(time);
        Link = link;
        _seed = seed;
    }

    public LinkModel Link { get; }

    public IReadOnlyList<VirtualDevice> Devices
    {
        get
        {
            using (Events.Enter()) return [.. _devices];
        }
    }

    internal EventQueue Events { get; }

    internal List<Advertisement> Bystanders { get; } = [];

    public VirtualDevice Add(VirtualDeviceOptions options) => Add(options, null);

    /// <summary>Carries a device away: its link is lost, and it is not heard any more.</summary>
    public void Remove(VirtualDevice device)
    {
        using (Events.Enter())
        {
            if (_devices.Remove(device)) device.PowerOff();
        }
    }

    /// <summary>Puts somebody on the air that can be heard, in this strength, and is no device of Secure DFU: connecting to it comes to nothing.</summary>
    public void AddBystander(Advertisement bystander)
    {
        using (Events.Enter()) Bystanders.Add(bystander);
    }

    /// <summary>Puts one more radio over this air.</summary>
    public SimulatedAdapterSource CreateAdapter(string id, AdapterModel model)
    {
        using (Events.Enter())
        {
            var source = new SimulatedAdapterSource(this, id, model, _adapters.Count);
            _adapters.Add(source);
            return source;
        }
    }

    /// <summary>Ends time here: every open adapter is lost.</summary>
    public void Dispose()
    {
        using (Events.Enter())
        {
            foreach (var adapter in _adapters) adapter.Kill("the simulation has ended");
        }

        Events.Dispose();
    }

    internal VirtualDevice Add(VirtualDeviceOptions options, DeviceSnapshot? restored)
    {
        using (Events.Enter())
        {
            var device = new VirtualDevice(this, options, _added++, restored);
            _devices.Add(device);
            return device;
        }
    }

    /// <summary>A generator of its own for each purpose, so that one link's losses do not depend on another's traffic.</summary>
    internal Random RandomFor(int purpose, int first, int second) =>
        new(unchecked((((((_seed * 486187739) + purpose) * 486187739) + first) * 486187739) + second));

    internal IReadOnlyList<VirtualDevice> DevicesUnderLock => _devices;

    internal void AdvertisingChanged(VirtualDevice device)
    {
        if (device.Advertises is not { } heard) return;
        foreach (var adapter in _adapters) adapter.Current?.OnHeard(device, heard.Address);
    }
}

/// <summary>What a device takes over from an earlier run of the simulator.</summary>
internal sealed record DeviceSnapshot(FlashMemory Memory, DeviceCounters Counters, DeviceMode Mode, byte[]? Activated)
{
    public BondKeys.Saved? Bonds { get; init; }
}
