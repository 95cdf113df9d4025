using System.Runtime.InteropServices;

namespace Dfu.Adapters.BlueZ.Kernel;

/// <summary>What is done with a packet socket outside the thread that reads it.</summary>
internal static unsafe class PacketSocket
{
    private const int ProbeMilliseconds = 1000;
    private const int ReceiveBuffer = 1 << 20;

    public static void Prepare(FileHandle socket, ulong[] filter)
    {
        // What is not granted is done without: more packets are read then, or lost sooner.
        _ = PacketFilter.Attach(socket, filter);
        var size = ReceiveBuffer;
        if (Libc.SetSocketOption(socket, Libc.SOL_SOCKET, Libc.SO_RCVBUFFORCE, &size, sizeof(int)) != 0)
            _ = Libc.SetSocketOption(socket, Libc.SOL_SOCKET, Libc.SO_RCVBUF, &size, sizeof(int));
    }

    /// <summary>Asks the kernel which commands this socket may use: a user namespace can hold CAP_NET_ADMIN and yet not be trusted.</summary>
    public static bool IsTrusted(FileHandle control)
    {
        if (!Send(control, MgmtPacket.Write((ushort)MgmtCommand.ReadCommands, MgmtPacket.NoIndex, []))) return false;
        var buffer = stackalloc byte[4096];
        for (var i = 0; i < 64; i++)
        {
            var waiting = new Libc.PollFd { Fd = (int)control.DangerousGetHandle(), Events = Libc.POLLIN };
            if (Libc.Poll(&waiting, 1, ProbeMilliseconds) == 0) return false;
            var length = Libc.Receive(control, buffer, 4096, Libc.MSG_DONTWAIT);
            if (length == 0 || (length < 0 && Marshal.GetLastPInvokeError() is not (Libc.EAGAIN or Libc.EINTR))) return false;
            if (length > 0
                && MgmtPacket.TryParse(new(buffer, (int)length), out var packet)
                && MgmtAnswer.TryParse(packet, out var answer)
                && answer.Command == MgmtCommand.ReadCommands)
            {
                return answer.Succeeded && MgmtCommands.Has(answer.Parameters.Span, MgmtCommand.SetPowered);
            }
        }

        return false;
    }

    public static bool Send(FileHandle socket, byte[] packet)
    {
        fixed (byte* at = packet) return Libc.Send(socket, at, packet.Length, Libc.MSG_DONTWAIT | Libc.MSG_NOSIGNAL) == packet.Length;
    }
}
