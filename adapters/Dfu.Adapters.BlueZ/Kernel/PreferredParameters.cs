using System.Buffers.Binary;
using Dfu.Protocol.Links;

namespace Dfu.Adapters.BlueZ.Kernel;

/// <summary>
/// Connection parameters that the kernel is to ask for, by peer. Loading them replaces all that were loaded before, so the list is kept here.
/// </summary>
/// <remarks>Each entry: address 6 bytes, type, interval at least and at most in 1.25 ms, latency, supervision timeout in 10 ms; the four are u16.</remarks>
internal sealed class PreferredParameters
{
    /// <summary>The newest so many peers of a controller: more than it has links.</summary>
    public const int Most = 32;

    private const int EntrySize = 15;
    private readonly List<(BluetoothAddress Peer, byte[] Entry)> _entries = [];

    /// <summary>The parameters of Load Connection Parameters with this peer's put last.</summary>
    public byte[] With(BluetoothAddress peer, AddressType type, LinkParameters parameters)
    {
        lock (_entries)
        {
            _entries.RemoveAll(entry => entry.Peer == peer);
            _entries.Add((peer, Entry(peer, type, parameters)));
            if (_entries.Count > Most) _entries.RemoveAt(0);
            return [(byte)_entries.Count, 0, .. _entries.SelectMany(static entry => entry.Entry)];
        }
    }

    public void Clear()
    {
        lock (_entries) _entries.Clear();
    }

    /// <summary>Whether Bluetooth allows them: the kernel passes over others without a word.</summary>
    /// <remarks>Core specification, Vol 4, Part E, 7.8.12: the timeout is longer than twice the time a latency takes.</remarks>
    public static bool AreAllowed(LinkParameters parameters)
    {
        var (interval, timeout) = (Units(parameters.Interval, IntervalUnit), Units(parameters.SupervisionTimeout, TimeoutUnit));
        return interval is >= 6 and <= 3200 && timeout is >= 10 and <= 3200 && parameters.Latency is >= 0 and <= 499
            && timeout * 4 > (1 + parameters.Latency) * interval;
    }

    public static readonly TimeSpan IntervalUnit = TimeSpan.FromMicroseconds(1250);
    public static readonly TimeSpan TimeoutUnit = TimeSpan.FromMilliseconds(10);

    private static byte[] Entry(BluetoothAddress peer, AddressType type, LinkParameters parameters)
    {
        var entry = new byte[EntrySize];
        HciAddress.Write(entry, peer);
        entry[6] = type == AddressType.Public ? MgmtAddress.Public : MgmtAddress.Random;
        var interval = (ushort)Units(parameters.Interval, IntervalUnit);
        BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(7), interval);
        BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(9), interval);
        BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(11), (ushort)parameters.Latency);
        BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(13), (ushort)Units(parameters.SupervisionTimeout, TimeoutUnit));
        return entry;
    }

    private static long Units(TimeSpan value, TimeSpan unit) => (long)Math.Round(value / unit);
}
