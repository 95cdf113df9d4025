using Dfu.Adapters.BlueZ.Kernel;
using Dfu.Adapters.Simulated.Time;
using Dfu.Fuzz.Engine;
using Dfu.Protocol.Links;

namespace Dfu.Fuzz.Targets;

/// <summary>Packets of the kernel's management socket and of its monitor.</summary>
internal sealed class KernelTarget : IFuzzTarget
{
    private static readonly BluetoothAddress Peer = new(0xC47C_8D00_1122);

    public string Name => "kernel";

    public IEnumerable<byte[]> Seeds
    {
        get
        {
            byte[] address = [0x22, 0x11, 0x00, 0x8D, 0x7C, 0xC4];
            yield return
            [
                .. Packet(1, MgmtPacket.Write((ushort)MgmtEvent.IndexAdded, 0, [])),
                .. Packet(1, MgmtPacket.Write((ushort)MgmtEvent.CommandComplete, 0, [4, 0, 0, .. new byte[ControllerInformation.Size]])),
                .. Packet(1, MgmtPacket.Write((ushort)MgmtEvent.DeviceDisconnected, 0, [.. address, 2, 1])),
                .. Packet(1, MgmtPacket.Write((ushort)MgmtEvent.ConnectFailed, 0, [.. address, 2, 4])),
                .. Packet(1, MgmtPacket.Write((ushort)MgmtEvent.IndexRemoved, 0, [])),
            ];
            yield return
            [
                .. Packet(0, [2, 0, 0, 0, 28, 0, 0x0D, 0x20, 25, 0, 0, 0, 0, 0, 1, .. address, .. new byte[14]]),
                .. Packet(0, [3, 0, 0, 0, 6, 0, 0x0F, 4, 0, 1, 0x0D, 0x20]),
                .. Packet(0, [3, 0, 0, 0, 21, 0, 0x3E, 19, 1, 0, 0x40, 0, 0, 1, .. address, 12, 0, 0, 0, 0x2A, 0, 0]),
                .. Packet(0, [3, 0, 0, 0, 12, 0, 0x3E, 10, 3, 0, 0x40, 0, 6, 0, 0, 0, 0x2A, 0]),
                .. Packet(0, [3, 0, 0, 0, 8, 0, 0x3E, 6, 0x0C, 0, 0x40, 0, 2, 2]),
                .. Packet(0, [3, 0, 0, 0, 6, 0, 0x05, 4, 0, 0x40, 0, 0x13]),
                .. Packet(0, [3, 0, 0, 0, 9, 0, 0x0E, 7, 1, 2, 0x20, 0, 251, 0, 8]),
                .. Packet(0, [9, 0, 0, 0, 0, 0]),
            ];
        }
    }

    public void Run(byte[] input)
    {
        var feed = new Feed(input);
        var time = new VirtualTime();
        using var kernel = KernelBluetooth.Open(new NoSockets(), time);
        var links = new LinkTracker();
        kernel.Disconnected += static (_, _, _) => { };
        kernel.ConnectFailed += static (_, _, _) => { };
        while (!feed.IsEmpty)
        {
            var control = feed.Flag();
            var packet = feed.Block();
            if (control) Control(kernel, packet);
            else Monitor(kernel, links, packet);
        }

        _ = kernel.InForce(0, Peer);
        _ = kernel.PhyInForce(0, Peer);
        _ = kernel.Silence(0);
        Parts(input);
    }

    private static void Control(KernelBluetooth kernel, byte[] bytes)
    {
        kernel.OnControl(bytes);
        if (!MgmtPacket.TryParse(bytes, out var packet)) return;
        Flaw.If(!MgmtPacket.Write(packet.Code, packet.Index, packet.Parameters).AsSpan().SequenceEqual(bytes), "written again it is another packet");
        if (!MgmtAnswer.TryParse(packet, out var answer)) return;
        Flaw.If(answer.Parameters.Length != packet.Parameters.Length - 3, "an answer's parameters are what is behind its status");
        Parts(answer.Parameters.Span);
    }

    private static void Monitor(KernelBluetooth kernel, LinkTracker links, byte[] bytes)
    {
        kernel.OnMonitor(bytes);
        if (MonitorEvent.Parse(bytes) is not { } told) return;
        var whose = links.Apply(told);
        switch (told)
        {
            case MonitorEvent.LinkMade made:
                Flaw.If(links.InForce(made.Index, made.Peer) != made.Parameters, "a link that was made runs with other parameters");
                break;
            case MonitorEvent.LinkUpdated updated:
                Flaw.If(updated.Parameters.Interval < TimeSpan.Zero, "an interval is not negative");
                break;
            case MonitorEvent.LinkEnded when whose is { } peer:
                Flaw.If(links.InForce(told.Index, peer) is not null, "a link that ended is still there");
                break;
            default:
                break;
        }
    }

    private static void Parts(ReadOnlySpan<byte> bytes)
    {
        _ = MgmtVersion.TryParse(bytes, out _);
        _ = MgmtCommands.Has(bytes, MgmtCommand.SetPowered);
        _ = PhyConfiguration.TryParse(bytes, out _);
        _ = DeviceDisconnected.TryParse(bytes, out _);
        _ = DeviceInfo.TryParse(bytes, out _);
        if (ControllerInformation.TryParse(bytes, out var information))
            Flaw.If(information.Name.Contains('\0', StringComparison.Ordinal), "a name goes beyond its end");
    }

    private static byte[] Packet(int channel, byte[] bytes) => [(byte)channel, (byte)bytes.Length, .. bytes];

    /// <summary>As on a host without Bluetooth: what the kernel says comes from the input.</summary>
    private sealed class NoSockets : IHciSockets
    {
        public FileHandle? Open(HciChannel channel, out int error)
        {
            error = 97;
            return null;
        }

        public bool TryReadDeviceInfo(int index, Span<byte> info) => false;
    }
}
