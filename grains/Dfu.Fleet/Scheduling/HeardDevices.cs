using System.Collections.Immutable;
using Dfu.Adapters;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Identity;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Scheduling;

/// <summary>Who hears which device of one campaign. All members may be called from any thread.</summary>
/// <remarks>Adapters are numbered from 0 by the caller, the same number for the same adapter as long as it lives.</remarks>
public sealed class HeardDevices
{
    /// <summary>A device that was not heard for this long is not granted a slot.</summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromSeconds(10);

    /// <summary>A device heard again after this long of silence is news.</summary>
    public static readonly TimeSpan News = TimeSpan.FromSeconds(1);

    private readonly object _gate = new();
    private readonly AdvertMatcher _matcher = new();
    private readonly Dictionary<BluetoothAddress, Entry> _devices = [];
    private readonly Dictionary<BluetoothAddress, DateTimeOffset> _doubtful = [];
    private readonly Dictionary<BluetoothAddress, (BluetoothAddress Application, BluetoothAddress Bootloader, bool Settled)> _corrected = [];
    private readonly HashSet<BluetoothAddress> _awaited = [];
    private Func<Advertisement, bool>? _collect;

    /// <summary>Whether devices that are no targets yet are wanted; null for no.</summary>
    public void Collect(Func<Advertisement, bool>? wanted)
    {
        lock (_gate) _collect = wanted;
    }

    /// <summary>Targets that are to be found when they are heard again, and no others.</summary>
    public void Await(ImmutableArray<BluetoothAddress> targets)
    {
        lock (_gate)
        {
            _awaited.Clear();
            _awaited.UnionWith(targets);
        }
    }

    /// <returns>False when it was one.</returns>
    public bool AddTarget(BluetoothAddress target, bool isApplication)
    {
        lock (_gate)
        {
            if (!_devices.TryAdd(target, new())) return false;
            _matcher.Add(target, isApplication);
            return true;
        }
    }

    /// <summary>What connecting showed of a target's addresses; the same once more changes nothing.</summary>
    /// <param name="settled">The device was written to at these addresses: from now on nobody else is it.</param>
    public void Correct(BluetoothAddress device, BluetoothAddress application, BluetoothAddress bootloader, bool settled)
    {
        lock (_gate)
        {
            if (_corrected.TryGetValue(device, out var known) && (known == (application, bootloader, settled) || (known.Settled && !settled))) return;
            _corrected[device] = (application, bootloader, settled);
            _matcher.Correct(device, application, bootloader, settled);
            if (settled) HeardRight(device);
        }
    }

    /// <summary>Takes over what a device's state tells of its addresses.</summary>
    /// <param name="isApplication">The device is named by its application address.</param>
    /// <returns>True when it was no target before.</returns>
    public bool Know(DeviceState device, bool isApplication)
    {
        var isNew = AddTarget(device.Id, isApplication);
        if (device.Bootloader is { } bootloader) Correct(device.Id, device.Application, bootloader, device.Settled);
        foreach (var stranger in device.Strangers) Doubt(device.Id, stranger);
        return isNew;
    }

    /// <summary>An application answered at this address, where the device's bootloader was expected.</summary>
    public void Doubt(BluetoothAddress device, BluetoothAddress address)
    {
        lock (_gate)
        {
            if (_matcher.Doubt(device, address)) HeardRight(device);
        }
    }

    /// <param name="now">When the adapter heard it; may lie before what other adapters heard already.</param>
    /// <param name="found">The application address of a device that is wanted but no target yet, or a target that is awaited.</param>
    /// <returns>True when a device was heard that had been silent.</returns>
    public bool Hear(int adapter, in Advertisement advertisement, DateTimeOffset now, out BluetoothAddress? found)
    {
        found = null;
        lock (_gate)
        {
            if (_matcher.Match(advertisement, now) is not { } match)
            {
                if (_collect is not null && _collect(advertisement) && !MayBeABootloaderOfOurs(advertisement, now))
                    found = DeviceNames.IsBootloader(advertisement.Name) ? advertisement.Address.Application : advertisement.Address;
                return false;
            }

            if (!advertisement.Connectable || !_devices.TryGetValue(match.Device, out var entry)) return false;
            if (_awaited.Contains(match.Device)) found = match.Device;
            var news = entry.Last is not { } last || now - last > News || entry.Match.InBootloader != match.InBootloader;
            ref var ear = ref entry.EarOf(adapter);
            if (now <= ear.At) return false; // it is told once more
            var rssi = ear.At is null || now - ear.At > Fresh ? advertisement.Rssi : ((3 * ear.Rssi) + advertisement.Rssi) / 4.0;
            ear = new(now, rssi);
            if (now < entry.Last) return false;
            entry.Last = now;
            entry.Match = match;
            entry.Heard = advertisement;
            return news;
        }
    }

    /// <summary>An adapter went away: what it heard no longer counts.</summary>
    public void Forget(int adapter)
    {
        lock (_gate)
        {
            foreach (var entry in _devices.Values) entry.EarOf(adapter) = default;
        }
    }

    public (DateTimeOffset? At, bool InBootloader) Last(BluetoothAddress device)
    {
        lock (_gate) return _devices.TryGetValue(device, out var entry) ? (entry.Last, entry.Match.InBootloader) : (null, false);
    }

    /// <summary>When one adapter heard a device last; null when it never did or has gone since.</summary>
    public DateTimeOffset? LastBy(BluetoothAddress device, int adapter)
    {
        lock (_gate) return _devices.TryGetValue(device, out var entry) ? entry.EarOf(adapter).At : null;
    }

    /// <summary>When an adapter that is none of these heard a device last; null when none has.</summary>
    public DateTimeOffset? LastExcept(BluetoothAddress device, ImmutableArray<int> adapters)
    {
        lock (_gate)
        {
            if (!_devices.TryGetValue(device, out var entry)) return null;
            if (adapters.IsEmpty) return entry.Last;
            DateTimeOffset? last = null;
            for (var i = 0; i < entry.Ears.Length; i++)
            {
                if (!adapters.Contains(i) && entry.Ears[i].At is { } at && !(at <= last)) last = at;
            }

            return last;
        }
    }

    /// <summary>Signal strength at the adapter that hears it best, null when none does any more.</summary>
    public int? Rssi(BluetoothAddress device, DateTimeOffset now)
    {
        lock (_gate)
        {
            if (!_devices.TryGetValue(device, out var entry)) return null;
            double? best = null;
            foreach (var ear in entry.Ears)
            {
                if (ear.At is { } at && now - at <= Fresh && !(ear.Rssi <= best)) best = ear.Rssi;
            }

            return best is { } rssi ? (int)Math.Round(rssi) : null;
        }
    }

    /// <summary>Which adapters hear a device now, having heard it after <paramref name="since"/>.</summary>
    public ImmutableArray<HeardBy> By(BluetoothAddress device, DateTimeOffset since, DateTimeOffset now)
    {
        lock (_gate)
        {
            if (!_devices.TryGetValue(device, out var entry)) return [];
            var heard = ImmutableArray.CreateBuilder<HeardBy>();
            for (var i = 0; i < entry.Ears.Length; i++)
            {
                if (entry.Ears[i].At is { } at && at >= since && now - at <= Fresh) heard.Add(new(i, (int)Math.Round(entry.Ears[i].Rssi)));
            }

            return heard.ToImmutable();
        }
    }

    public (AdvertMatch Match, Advertisement Heard)? Latest(BluetoothAddress device)
    {
        lock (_gate) return _devices.TryGetValue(device, out var entry) && entry.Heard is { } heard ? (entry.Match, heard) : null;
    }

    /// <summary>What was heard last and is not believed to be the device any more was not heard.</summary>
    private void HeardRight(BluetoothAddress device)
    {
        if (!_devices.TryGetValue(device, out var entry) || entry is not { Heard: { } heard, Last: { } last }) return;
        if (_matcher.Match(heard, last) is { } match && match.Device == device) entry.Match = match;
        else entry.Clear();
    }

    /// <summary>One above a device we have, without a bootloader's name: a device of its own only if the one below is still heard in its application.</summary>
    private bool MayBeABootloaderOfOurs(in Advertisement advertisement, DateTimeOffset now)
    {
        if (!_devices.TryGetValue(advertisement.Address.Application, out var below) || DeviceNames.IsBootloader(advertisement.Name)) return false;
        if (!_doubtful.TryGetValue(advertisement.Address, out var since)) _doubtful[advertisement.Address] = since = now;
        return below.Match.InBootloader || !(below.Last > since);
    }

    private readonly record struct Ear(DateTimeOffset? At, double Rssi);

    private sealed class Entry
    {
        private Ear[] _ears = [];

        public ReadOnlySpan<Ear> Ears => _ears;
        public DateTimeOffset? Last { get; set; }
        public AdvertMatch Match { get; set; }
        public Advertisement? Heard { get; set; }

        public void Clear()
        {
            _ears = [];
            (Last, Heard, Match) = (null, null, default);
        }

        public ref Ear EarOf(int adapter)
        {
            if (adapter >= _ears.Length) Array.Resize(ref _ears, adapter + 1);
            return ref _ears[adapter];
        }
    }
}
