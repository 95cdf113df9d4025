using System.Buffers.Binary;
using Dfu.Protocol.Links;

namespace Dfu.Adapters.BlueZ.Kernel;

/// <summary>What the monitor tells about links, and whether a controller answers. Everything else of it is passed over without a look.</summary>
/// <remarks>
/// Monitor packet: opcode, controller index and length, each u16 little-endian. Opcode 2 holds an HCI command: opcode u16, length, parameters.
/// Opcode 3 holds an HCI event: code, length, parameters. Commands and events: Core specification, Vol 4, Part E, 7.7 and 7.8.
/// </remarks>
internal abstract record MonitorEvent(ushort Index)
{
    private const int HeaderSize = 6;

    /// <summary>A controller was closed or pulled out, and its links with it.</summary>
    internal sealed record Closed(ushort Index) : MonitorEvent(Index);

    /// <summary>The host gave the controller any other command.</summary>
    internal sealed record CommandGiven(ushort Index) : MonitorEvent(Index);

    /// <summary>The controller answered a command.</summary>
    internal sealed record Answered(ushort Index) : MonitorEvent(Index);

    /// <summary>The host told the controller to connect.</summary>
    /// <param name="Peer">Null when the controller connects to the first of its accept list that it hears.</param>
    internal sealed record ConnectAsked(ushort Index, BluetoothAddress? Peer) : MonitorEvent(Index);

    /// <summary>The controller refused to connect, or gave up.</summary>
    /// <param name="Peer">Null when the controller does not say.</param>
    /// <param name="Status">HCI error code.</param>
    internal sealed record ConnectFailed(ushort Index, BluetoothAddress? Peer, byte Status) : MonitorEvent(Index);

    internal sealed record LinkMade(ushort Index, ushort Handle, BluetoothAddress Peer, LinkParameters Parameters) : MonitorEvent(Index);

    internal sealed record LinkUpdated(ushort Index, ushort Handle, LinkParameters Parameters) : MonitorEvent(Index);

    internal sealed record PhyUpdated(ushort Index, ushort Handle, LinkPhy Phy) : MonitorEvent(Index);

    /// <param name="Reason">HCI reason code.</param>
    internal sealed record LinkEnded(ushort Index, ushort Handle, byte Reason) : MonitorEvent(Index);

    /// <param name="Packets">Packets for Low Energy; 0 when it shares the buffers of BR/EDR.</param>
    internal sealed record BuffersRead(ushort Index, byte Packets) : MonitorEvent(Index);

    /// <returns>Null for what is of no interest or malformed.</returns>
    public static MonitorEvent? Parse(ReadOnlySpan<byte> packet)
    {
        if (packet.Length < HeaderSize) return null;
        var index = U16(packet[2..]);
        var data = packet[HeaderSize..];
        return U16(packet) switch
        {
            1 or 9 => new Closed(index),
            2 => HciCommand(index, data),
            3 when data.Length >= 2 && data.Length >= 2 + data[1] => HciEvent(index, data[0], data.Slice(2, data[1])),
            _ => null,
        };
    }

    private static MonitorEvent? HciCommand(ushort index, ReadOnlySpan<byte> command) => command switch
    {
        // LE Create Connection: opcode u16, length, scan interval and window u16, filter policy, peer's address type and address
        [0x0D, 0x20, _, _, _, _, _, var policy, _, .. { Length: >= HciAddress.Size } peer] =>
            new ConnectAsked(index, policy == 0 ? HciAddress.Read(peer) : null),

        // LE Extended Create Connection: opcode u16, length, filter policy, own address type, peer's address type and address
        [0x43, 0x20, _, var policy, _, _, .. { Length: >= HciAddress.Size } peer] => new ConnectAsked(index, policy == 0 ? HciAddress.Read(peer) : null),
        [_, _, ..] => new CommandGiven(index),
        _ => null,
    };

    private static MonitorEvent? HciEvent(ushort index, byte code, ReadOnlySpan<byte> data) => code switch
    {
        // status, handle u16, reason
        0x05 when data is [0, _, _, var reason, ..] => new LinkEnded(index, HandleOf(data[1..]), reason),

        // commands allowed, opcode u16, then of LE Read Buffer Size: status, bytes u16, packets
        0x0E when data is [_, 0x02, 0x20, 0, _, _, var packets, ..] => new BuffersRead(index, packets),
        0x0E when data.Length >= 3 => new Answered(index),

        // Command Status: status, commands allowed, opcode u16
        0x0F when data is [not 0 and var status, _, 0x0D or 0x43, 0x20, ..] => new ConnectFailed(index, null, status),
        0x0F when data.Length >= 4 => new Answered(index),
        0x3E when data is [var subevent, .. var rest] => LowEnergy(index, subevent, rest),
        _ => null,
    };

    private static MonitorEvent? LowEnergy(ushort index, byte subevent, ReadOnlySpan<byte> data) => subevent switch
    {
        // status, handle u16, role, peer's address type and address; the enhanced ones have two private addresses before the parameters
        0x01 when data is [0, _, _, _, _, .. { Length: >= 12 } rest] => Made(index, data, rest[6..]),
        0x0A or 0x29 when data is [0, _, _, _, _, .. { Length: >= 24 } rest] => Made(index, data, rest[18..]),

        0x01 or 0x0A or 0x29 when data is [not 0 and var status, _, _, _, _, .. { Length: >= HciAddress.Size } rest] =>
            new ConnectFailed(index, Said(rest), status),

        // status, handle u16, parameters
        0x03 when data is [0, _, _, .. { Length: >= 6 } rest] => new LinkUpdated(index, HandleOf(data[1..]), ParametersOf(rest)),

        // status, handle u16, PHY sent with, PHY received with
        0x0C when data is [0, _, _, var sent, var received, ..] => new PhyUpdated(index, HandleOf(data[1..]), new(sent, received)),
        _ => null,
    };

    private static LinkMade Made(ushort index, ReadOnlySpan<byte> data, ReadOnlySpan<byte> parameters) =>
        new(index, HandleOf(data[1..]), HciAddress.Read(data[5..]), ParametersOf(parameters));

    /// <summary>Of a connect that failed some controllers say nothing but zeros.</summary>
    private static BluetoothAddress? Said(ReadOnlySpan<byte> data) => HciAddress.Read(data) is { Value: not 0 } peer ? peer : null;

    /// <summary>Interval in 1.25 ms, latency, supervision timeout in 10 ms, each u16.</summary>
    private static LinkParameters ParametersOf(ReadOnlySpan<byte> data) =>
        new(PreferredParameters.IntervalUnit * U16(data), U16(data[2..]), PreferredParameters.TimeoutUnit * U16(data[4..]));

    private static ushort HandleOf(ReadOnlySpan<byte> data) => (ushort)(U16(data) & 0x0FFF);

    private static ushort U16(ReadOnlySpan<byte> data) => BinaryPrimitives.ReadUInt16LittleEndian(data);
}
