using System.Buffers.Binary;
using System.Net.Sockets;

namespace Dfu.Adapters.Bridge;

internal static class SocketSetup
{
    /// <summary>Seconds until a peer that vanished without a word is noticed.</summary>
    public const int NoticedWithin = 20;

    /// <summary>No delay, and both kinds of half-open connection noticed: idle ones by keepalive, others by unacknowledged data.</summary>
    public static void Apply(Socket socket)
    {
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 5);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 5);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, (NoticedWithin - 5) / 5);
        if (OperatingSystem.IsLinux()) SetUserTimeout(socket);
    }

    /// <summary>linux/tcp.h: TCP_USER_TIMEOUT is option 18 of level 6, in milliseconds.</summary>
    private static void SetUserTimeout(Socket socket)
    {
        Span<byte> milliseconds = stackalloc byte[4];
        if (BitConverter.IsLittleEndian) BinaryPrimitives.WriteInt32LittleEndian(milliseconds, NoticedWithin * 1000);
        else BinaryPrimitives.WriteInt32BigEndian(milliseconds, NoticedWithin * 1000);
        socket.SetRawSocketOption(6, 18, milliseconds);
    }
}
