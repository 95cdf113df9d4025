using System.Net.Sockets;
using Dfu.Adapters.BlueZ.Kernel;

namespace Dfu.Adapters.BlueZ.Tests.Kernel;

/// <summary>Run by the kernel of the machine that tests.</summary>
public sealed class PacketFilterTests
{
    private static readonly byte[] Advertisement = Packets.Hci(0, 0x3E, 0x02, 1, 0, 1, 1, 0, 0x57, 0x46, 0x55, 0xC4, 0, 0xC0);

    [Fact]
    public void The_monitor_is_read_for_links_and_for_commands_and_their_answers()
    {
        byte[][] wanted =
        [
            Packets.Monitor(1, 0), Packets.Monitor(9, 0), Packets.LinkMade(0), Packets.LinkEnded(0, 0x13), Packets.Hci(0, 0x0E, 1, 0x02, 0x20, 0, 251, 0, 8),
            Packets.Connect(0), Packets.ExtendedConnect(0), Packets.ConnectStatus(0, 0x09), Packets.Hci(0, 0x0F, 0x07, 1, 0x43, 0x20),
            Packets.Monitor(2, 0, 0x03, 0x0C, 0), Packets.Hci(0, 0x0F, 0x09, 1, 0x05, 0x04), Packets.Hci(0, 0x0E, 1, 0x03, 0x0C, 0),
            .. new byte[] { 0x03, 0x0A, 0x0C, 0x29 }.Select(static subevent => Packets.Hci(0, 0x3E, subevent, 0, 0x40, 0)),
        ];
        byte[][] unwanted =
        [
            Advertisement, Packets.Monitor(0, 0, new byte[16]), Packets.Monitor(4, 0, new byte[255]), Packets.Monitor(5, 0, new byte[255]),
            Packets.Monitor(3, 0), Packets.Monitor(17, 0, 0x0C, 0), Packets.Hci(0, 0x13, 1, 0x40, 0, 1, 0), Packets.Hci(0, 0x3E, 0x0D), [3, 0],
        ];
        Assert.Equal(wanted, Through(PacketFilter.Monitor, [.. unwanted, .. wanted, .. unwanted]));
        Assert.All(wanted.Take(12), static packet => Assert.NotNull(MonitorEvent.Parse(packet)));
    }

    [Fact]
    public void The_management_socket_is_not_read_for_what_devices_advertise()
    {
        byte[][] wanted = [.. new ushort[] { 1, 2, 4, 5, 0x0C, 0x0D }.Select(static code => MgmtPacket.Write(code, 0, new byte[8]))];
        byte[][] unwanted = [.. new ushort[] { 0, 3, 6, 0x0B, 0x12, 0x13, 0x0100, 0x010C }.Select(static code => MgmtPacket.Write(code, 0, new byte[40]))];
        Assert.Equal(wanted, Through(PacketFilter.Control, [.. unwanted, .. wanted]));
    }

    private static List<byte[]> Through(ulong[] filter, byte[][] packets)
    {
        var (one, other) = ScriptedKernel.Pair();
        using var sender = new Socket(new SafeSocketHandle(one, ownsHandle: true));
        using var receiver = new Socket(new SafeSocketHandle(other, ownsHandle: true));
        using var filtered = new FileHandle(other, owns: false);
        Assert.True(PacketFilter.Attach(filtered, filter));
        foreach (var packet in packets) sender.Send(packet);
        sender.Shutdown(SocketShutdown.Send);

        List<byte[]> arrived = [];
        var buffer = new byte[512];
        for (int length; (length = receiver.Receive(buffer)) > 0;) arrived.Add(buffer[..length]);
        return arrived;
    }
}
