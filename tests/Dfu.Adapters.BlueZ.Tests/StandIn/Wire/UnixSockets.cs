using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Dfu.Adapters.BlueZ.Tests.StandIn.Wire;

/// <summary>What .NET's sockets lack: pairs, and sending file descriptors.</summary>
internal static unsafe class UnixSockets
{
    private const int Unix = 1;
    private const int SequencedPackets = 5;
    private const int CloseOnExec = 0x80000;
    private const int NonBlocking = 0x800;
    private const int NoSignal = 0x4000;
    private const int DontWait = 0x40;
    private const int Interrupted = 4;
    private const int TryAgain = 11;

    /// <summary>Two ends that keep message boundaries, as BlueZ makes them: neither blocks.</summary>
    public static (SafeFileHandle Ours, SafeFileHandle Theirs) Pair()
    {
        var ends = stackalloc int[2];
        if (socketpair(Unix, SequencedPackets | CloseOnExec | NonBlocking, 0, ends) < 0) throw new Win32Exception(Marshal.GetLastPInvokeError());
        return (new(ends[0], ownsHandle: true), new(ends[1], ownsHandle: true));
    }

    /// <summary>Blocks until there is something to read, the end included.</summary>
    public static bool WaitReadable(SafeFileHandle socket)
    {
        var wanted = new PollDescriptor { Descriptor = (int)socket.DangerousGetHandle(), Events = 1 };
        int ready;
        do ready = poll(&wanted, 1, -1);
        while (ready < 0 && Marshal.GetLastPInvokeError() == Interrupted);
        return ready > 0;
    }

    /// <summary>Takes one datagram without waiting; an empty one is the end.</summary>
    public static bool TryReceive(SafeFileHandle socket, out byte[] datagram)
    {
        var buffer = stackalloc byte[512];
        var length = recv((int)socket.DangerousGetHandle(), buffer, 512, DontWait);
        datagram = length > 0 ? new ReadOnlySpan<byte>(buffer, (int)length).ToArray() : [];
        return length >= 0 || Marshal.GetLastPInvokeError() is not (TryAgain or Interrupted);
    }

    public static void Shutdown(SafeFileHandle socket) => _ = shutdown((int)socket.DangerousGetHandle(), 2);

    /// <summary>Sends bytes of a stream together with a file descriptor, which is closed here afterwards.</summary>
    public static void Send(Socket socket, ReadOnlySpan<byte> bytes, SafeFileHandle descriptor)
    {
        using (descriptor)
        {
            // struct cmsghdr { size_t len; int level; int type; int fd; }, padded to 8 bytes
            var control = stackalloc byte[24];
            *(nuint*)control = 20;
            *(int*)(control + 8) = 1; // SOL_SOCKET
            *(int*)(control + 12) = 1; // SCM_RIGHTS
            *(int*)(control + 16) = (int)descriptor.DangerousGetHandle();
            fixed (byte* data = bytes)
            {
                var vector = new IoVector { Base = data, Length = (nuint)bytes.Length };
                var header = new MessageHeader { Vectors = &vector, VectorCount = 1, Control = control, ControlLength = 24 };
                var sent = sendmsg((int)socket.Handle, &header, NoSignal);
                if (sent < 0) throw new SocketException(Marshal.GetLastPInvokeError());
                bytes = bytes[(int)sent..];
            }
        }

        while (!bytes.IsEmpty) bytes = bytes[socket.Send(bytes)..];
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int socketpair(int domain, int type, int protocol, int* ends);

    [DllImport("libc", SetLastError = true)]
    private static extern nint sendmsg(int socket, MessageHeader* message, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int poll(PollDescriptor* descriptors, nuint count, int milliseconds);

    [DllImport("libc", SetLastError = true)]
    private static extern nint recv(int socket, byte* buffer, nuint length, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int shutdown(int socket, int how);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct IoVector
    {
        public byte* Base;
        public nuint Length;
    }

    /// <summary>struct msghdr of 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct MessageHeader
    {
        public void* Name;
        public uint NameLength;
        public IoVector* Vectors;
        public nuint VectorCount;
        public void* Control;
        public nuint ControlLength;
        public int Flags;
    }
}
