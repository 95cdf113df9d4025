using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Dfu.Adapters.BlueZ.Kernel;

namespace Dfu.Adapters.BlueZ.Tests.Kernel;

/// <summary>
/// Packet sockets of this machine's kernel with a script at their other end: filters, polls and overflows are real, only what is said is not.
/// </summary>
internal sealed partial class ScriptedKernel : IHciSockets, IDisposable
{
    private readonly Dictionary<HciChannel, Socket> _ends = [];
    private Thread? _server;

    public bool Trusted { get; init; } = true;

    /// <summary>The errno with which a channel does not open.</summary>
    public Dictionary<HciChannel, int> Refused { get; } = [];

    /// <summary>Status and parameters by command; none is no answer at all.</summary>
    public ConcurrentDictionary<MgmtCommand, (byte Status, byte[] Parameters)?> Answers { get; } = new();

    public byte[]? DeviceInfo { get; set; }

    public BlockingCollection<(MgmtCommand Command, ushort Index, byte[] Parameters)> Asked { get; } = [];

    public FileHandle? Open(HciChannel channel, out int error)
    {
        if (Refused.TryGetValue(channel, out error)) return null;
        var (ours, theirs) = Pair();
        _ends[channel] = new Socket(new SafeSocketHandle(ours, ownsHandle: true));
        if (channel == HciChannel.Control)
        {
            _server = new(Serve) { IsBackground = true };
            _server.Start();
        }

        return new FileHandle(theirs);
    }

    public bool TryReadDeviceInfo(int index, Span<byte> info)
    {
        DeviceInfo?.CopyTo(info);
        return DeviceInfo is not null;
    }

    public void Say(HciChannel channel, ReadOnlySpan<byte> packet) => _ends[channel].Send(packet);

    /// <returns>False when the other side has not read what was said before.</returns>
    public bool TrySay(HciChannel channel, byte[] packet)
    {
        _ends[channel].Blocking = false;
        _ends[channel].Send(packet, SocketFlags.None, out var error);
        _ends[channel].Blocking = true;
        return error == SocketError.Success;
    }

    public void SayEvent(MgmtEvent code, ushort index, params byte[] parameters) => Say(HciChannel.Control, MgmtPacket.Write((ushort)code, index, parameters));

    public void SayAnswer(MgmtCommand command, ushort index, byte status, params byte[] parameters) =>
        SayEvent(MgmtEvent.CommandComplete, index, [(byte)command, (byte)((ushort)command >> 8), status, .. parameters]);

    public void Close(HciChannel channel) => _ends[channel].Dispose();

    public (MgmtCommand Command, ushort Index, byte[] Parameters) NextAsked()
    {
        Assert.True(Asked.TryTake(out var asked, TimeSpan.FromSeconds(20)), "nothing was asked");
        return asked;
    }

    public void Dispose()
    {
        foreach (var end in _ends.Values)
        {
            try
            {
                end.Shutdown(SocketShutdown.Both);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The other side was quicker.
            }
        }

        _server?.Join();
        foreach (var end in _ends.Values) end.Dispose();
        Asked.Dispose();
    }

    public static (int One, int Other) Pair()
    {
        Span<int> pair = stackalloc int[2];
        Assert.Equal(0, SocketPair(1, 5 | 0x80000, 0, pair));
        return (pair[0], pair[1]);
    }

    private void Serve()
    {
        var buffer = new byte[2048];
        var end = _ends[HciChannel.Control];
        try
        {
            for (int length; (length = end.Receive(buffer)) > 0;)
            {
                if (!MgmtPacket.TryParse(buffer.AsSpan(0, length), out var packet)) throw new InvalidDataException("not a management command");
                var command = (MgmtCommand)packet.Code;
                if (command == MgmtCommand.ReadCommands)
                {
                    SayAnswer(command, packet.Index, 0, Trusted ? [2, 0, 0, 0, 4, 0, 5, 0] : [1, 0, 0, 0, 4, 0]);
                    continue;
                }

                Asked.Add((command, packet.Index, packet.Parameters.ToArray()));
                if (Answers.TryGetValue(command, out var answer) && answer is { } given) SayAnswer(command, packet.Index, given.Status, given.Parameters);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    [LibraryImport("libc", EntryPoint = "socketpair")]
    private static partial int SocketPair(int domain, int type, int protocol, Span<int> pair);
}

/// <summary>Packets as the kernel writes them.</summary>
internal static class Packets
{
    public static byte[] Monitor(ushort opcode, ushort index, params byte[] data)
    {
        var packet = new byte[6 + data.Length];
        BinaryPrimitives.WriteUInt16LittleEndian(packet, opcode);
        BinaryPrimitives.WriteUInt16LittleEndian(packet.AsSpan(2), index);
        BinaryPrimitives.WriteUInt16LittleEndian(packet.AsSpan(4), (ushort)data.Length);
        data.CopyTo(packet, 6);
        return packet;
    }

    public static byte[] Hci(ushort index, byte code, params byte[] data) => Monitor(3, index, [code, (byte)data.Length, .. data]);

    /// <summary>LE Connection Complete to C4:55:46:57:00:NN over handle 0x0040 with 24 units of 1.25 ms, latency 1 and 400 of 10 ms.</summary>
    public static byte[] LinkMade(ushort index, byte peer = 1, byte handle = 0x40) =>
        Hci(index, 0x3E, 0x01, 0, handle, 0, 0, 1, peer, 0, 0x57, 0x46, 0x55, 0xC4, 24, 0, 1, 0, 0x90, 0x01, 0);

    public static byte[] LinkEnded(ushort index, byte reason, byte handle = 0x40) => Hci(index, 0x05, 0, handle, 0, reason);

    /// <summary>LE Create Connection to the same.</summary>
    public static byte[] Connect(ushort index, byte peer = 1) =>
        Monitor(2, index, [0x0D, 0x20, 25, 0x60, 0, 0x60, 0, 0, 1, peer, 0, 0x57, 0x46, 0x55, 0xC4, 0, 24, 0, 40, 0, 0, 0, 0x2A, 0, 0, 0, 0, 0]);

    public static byte[] ExtendedConnect(ushort index, byte peer = 1) =>
        Monitor(2, index, [0x43, 0x20, 26, 0, 0, 1, peer, 0, 0x57, 0x46, 0x55, 0xC4, 1, .. new byte[16]]);

    /// <summary>Command Status of LE Create Connection.</summary>
    public static byte[] ConnectStatus(ushort index, byte status) => Hci(index, 0x0F, status, 1, 0x0D, 0x20);

    /// <summary>Parameters of Device Disconnected.</summary>
    public static byte[] Disconnected(byte reason, byte peer = 1, byte type = 2) => [peer, 0, 0x57, 0x46, 0x55, 0xC4, type, reason];

    /// <summary>Parameters of Read Controller Information: LE and BR/EDR are had, powered, LE in force.</summary>
    public static byte[] Information()
    {
        var bytes = new byte[280];
        byte[] head = [0x22, 0x11, 0x00, 0x8D, 0x7C, 0xC4, 9, 0x59, 0x00, 0x81, 0x02, 0, 0, 0x01, 0x02, 0, 0, 1, 2, 3, (byte)'d', (byte)'f', (byte)'u'];
        head.CopyTo(bytes, 0);
        return bytes;
    }

    public static byte[] DeviceInfo(bool onlyLowEnergy, ushort packets)
    {
        var bytes = new byte[92];
        bytes[25] = onlyLowEnergy ? (byte)0x60 : (byte)0x40;
        BitConverter.TryWriteBytes(bytes.AsSpan(46), packets);
        return bytes;
    }
}
