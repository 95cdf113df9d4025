using System.Buffers.Binary;
using Dfu.Protocol.Links;

namespace Dfu.BlueZ.Rig.VirtualControllers;

/// <summary>What a controller tells its host, as packets. Numbers are little-endian, addresses least significant byte first.</summary>
/// <remarks>Bluetooth Core Specification 4.2, volume 2, part E, section 7.7.</remarks>
internal static class HciEvents
{
    /// <summary>Kinds of advertising reports.</summary>
    public const byte Connectable = 0x00;
    public const byte Scannable = 0x02;
    public const byte ScanResponse = 0x04;

    private const byte LeMeta = 0x3e;

    /// <summary>A controller that takes one command at a time says so with every answer.</summary>
    private const byte CommandCredits = 1;

    public static byte[] CommandComplete(ushort opCode, ReadOnlySpan<byte> result) => Event(0x0e, [CommandCredits, .. U16(opCode), .. result]);

    public static byte[] CommandStatus(ushort opCode, byte status) => Event(0x0f, [status, CommandCredits, .. U16(opCode)]);

    public static byte[] Disconnected(ushort handle, byte reason) => Event(0x05, [0, .. U16(handle), reason]);

    public static byte[] RemoteVersion(ushort handle, byte version, ushort company) => Event(0x0c, [0, .. U16(handle), version, .. U16(company), 0, 0]);

    public static byte[] PacketsCompleted(ushort handle, int count) => Event(0x13, [1, .. U16(handle), .. U16((ushort)count)]);

    public static byte[] Connected(byte status, ushort handle, PeerAddress peer, ConnectionParameters parameters) =>
        Meta(0x01, [status, .. U16(handle), 0, peer.Type, .. AddressBytes(peer.Address), .. parameters.ToBytes(), 0]);

    public static byte[] AdvertisingReport(byte kind, PeerAddress peer, ReadOnlySpan<byte> data, int rssi) =>
        Meta(0x02, [1, kind, peer.Type, .. AddressBytes(peer.Address), (byte)data.Length, .. data, (byte)(sbyte)rssi]);

    public static byte[] ConnectionUpdated(ushort handle, ConnectionParameters parameters) => Meta(0x03, [0, .. U16(handle), .. parameters.ToBytes()]);

    public static byte[] RemoteFeatures(ushort handle, ulong features) => Meta(0x04, [0, .. U16(handle), .. U64(features)]);

    public static byte[] U16(int value) => [(byte)value, (byte)(value >> 8)];

    public static byte[] U64(ulong value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return bytes;
    }

    public static byte[] AddressBytes(BluetoothAddress address)
    {
        var bytes = address.ToBytes();
        Array.Reverse(bytes);
        return bytes;
    }

    private static byte[] Meta(byte subEvent, ReadOnlySpan<byte> parameters) => Event(LeMeta, [subEvent, .. parameters]);

    private static byte[] Event(byte code, ReadOnlySpan<byte> parameters) => [HciPacket.Event, code, (byte)parameters.Length, .. parameters];
}
