using System.Diagnostics.CodeAnalysis;
using Dfu.Fleet.Devices;

namespace Dfu.Fleet.Adapters;

/// <summary>Names an attempt among all campaigns: a device counts its grants anew in each.</summary>
public readonly record struct AttemptKey(string Campaign, AdapterSlot Slot);

/// <summary>How the last attempts ended, for devices that ask once more.</summary>
public sealed class EndedAttempts
{
    private const int Remembered = 1000;

    private readonly Queue<AttemptKey> _order = new();
    private readonly Dictionary<AttemptKey, DeviceEvent.Ended> _ends = [];

    public void Add(AttemptKey key, DeviceEvent.Ended end)
    {
        if (!_ends.TryAdd(key, end)) return;
        _order.Enqueue(key);
        if (_order.Count > Remembered) _ends.Remove(_order.Dequeue());
    }

    public bool TryGet(AttemptKey key, [MaybeNullWhen(false)] out DeviceEvent.Ended end) => _ends.TryGetValue(key, out end);
}
