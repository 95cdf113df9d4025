using System.Collections.Concurrent;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Storage;

/// <summary>A ledger for simulation: it lives as long as the object.</summary>
public sealed class InMemoryTrafficLedger : ITrafficLedger
{
    /// <summary>Images a package may have, with room to spare.</summary>
    public const int MaxImages = 4;

    private readonly ConcurrentDictionary<BluetoothAddress, ITrafficSlot> _slots = new();
    private string? _campaign;

    public void Begin(string campaign)
    {
        if (_campaign == campaign) return;
        _slots.Clear();
        _campaign = campaign;
    }

    public ITrafficSlot Slot(BluetoothAddress device) => _slots.GetOrAdd(device, static _ => new MemorySlot());

    private sealed class MemorySlot : ITrafficSlot
    {
        private readonly long[] _highWater = new long[MaxImages];
        private long _sent;

        public void Sent(int image, long offset, int count)
        {
            Interlocked.Add(ref _sent, count);
            if ((uint)image < MaxImages && offset + count > Volatile.Read(ref _highWater[image])) Volatile.Write(ref _highWater[image], offset + count);
        }

        public DeviceTraffic Read()
        {
            long distinct = 0;
            for (var i = 0; i < MaxImages; i++) distinct += Volatile.Read(ref _highWater[i]);
            return new(Interlocked.Read(ref _sent), distinct);
        }

        public void AtLeast(DeviceTraffic traffic)
        {
            var missing = traffic.Distinct - Read().Distinct;
            if (missing > 0) Interlocked.Add(ref _highWater[0], missing);
            missing = traffic.Sent - Interlocked.Read(ref _sent);
            if (missing > 0) Interlocked.Add(ref _sent, missing);
        }
    }
}
