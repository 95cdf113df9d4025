using System.Buffers.Binary;
using Dfu.Adapters;
using Dfu.Protocol.Links;

namespace Dfu.BlueZ.Rig.VirtualControllers;

/// <summary>Who is meant on the air: the same digits as a random and as a public address are two devices.</summary>
/// <param name="Type">0 public, 1 random.</param>
internal readonly record struct PeerAddress(byte Type, BluetoothAddress Address)
{
    public AddressType AddressType => Type == 0 ? AddressType.Public : AddressType.Random;

    public static PeerAddress Of(AddressType type, BluetoothAddress address) => new(type == AddressType.Public ? (byte)0 : (byte)1, address);

    /// <summary>A type byte and six address bytes, least significant first.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out PeerAddress peer)
    {
        peer = default;
        if (bytes.Length < 7 || bytes[0] > 1) return false;
        Span<byte> reversed = stackalloc byte[6];
        bytes.Slice(1, 6).CopyTo(reversed);
        reversed.Reverse();
        BluetoothAddress.TryRead(reversed, out var address);
        peer = new PeerAddress(bytes[0], address);
        return true;
    }
}

/// <param name="Interval">Units of 1.25 ms, 6 to 3200.</param>
/// <param name="Latency">Connection events the device may leave out.</param>
/// <param name="Timeout">Supervision timeout in units of 10 ms, 10 to 3200.</param>
internal readonly record struct ConnectionParameters(ushort Interval, ushort Latency, ushort Timeout)
{
    private const double IntervalUnit = 1.25;

    public static ushort ToUnits(TimeSpan interval) => (ushort)Math.Clamp(Math.Round(interval.TotalMilliseconds / IntervalUnit), 6, 3200);

    public byte[] ToBytes() => [.. HciEvents.U16(Interval), .. HciEvents.U16(Latency), .. HciEvents.U16(Timeout)];
}

/// <summary>LE Create Connection.</summary>
/// <param name="Peer">Null for whoever of the accept list is heard first.</param>
internal readonly record struct ConnectRequest(PeerAddress? Peer, ConnectionParameters Parameters)
{
    /// <summary>
    /// 25 bytes: scan interval and window, filter policy, peer, own address type, shortest and longest interval, latency, timeout, event lengths.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out ConnectRequest request)
    {
        request = default;
        if (bytes.Length < 25 || bytes[4] > 1) return false;
        var byList = bytes[4] == 1;
        if (!PeerAddress.TryRead(bytes[5..], out var peer) && !byList) return false;
        request = new ConnectRequest(byList ? null : peer, new(U16(bytes[15..]), U16(bytes[17..]), U16(bytes[19..])));
        return true;
    }

    private static ushort U16(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16LittleEndian(bytes);
}
