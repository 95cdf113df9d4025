using System.Runtime.InteropServices;

namespace Dfu.Adapters.BlueZ.Kernel;

/// <summary>The system calls .NET has no sockets for: address family 31 is unknown to it.</summary>
internal static unsafe partial class Libc
{
    public const int EINTR = 4;
    public const int EAGAIN = 11;
    public const int ENODEV = 19;
    public const int EAFNOSUPPORT = 97;

    public const int AF_BLUETOOTH = 31;
    public const int SOCK_RAW = 3;
    public const int SOCK_CLOEXEC = 0x80000;
    public const int SOCK_NONBLOCK = 0x800;
    public const int BTPROTO_HCI = 1;

    public const int SOL_SOCKET = 1;
    public const int SO_RCVBUF = 8;
    public const int SO_ATTACH_FILTER = 26;
    public const int SO_RCVBUFFORCE = 33;

    public const int MSG_DONTWAIT = 0x40;
    public const int MSG_NOSIGNAL = 0x4000;

    public const short POLLIN = 1;
    public const int EFD_CLOEXEC = 0x80000;
    public const int EFD_NONBLOCK = 0x800;

    public const int O_WRONLY = 1;
    public const int O_CLOEXEC = 0x80000;

    /// <summary>Differs by architecture.</summary>
    public static readonly int O_NOFOLLOW = RuntimeInformation.ProcessArchitecture is Architecture.Arm or Architecture.Arm64 ? 0x8000 : 0x20000;

    /// <summary>_IOR('H', 211, int)</summary>
    public const nuint HCIGETDEVINFO = 0x800448D3;

    /// <summary>_IO('U', 20)</summary>
    public const nuint USBDEVFS_RESET = 0x5514;

    [StructLayout(LayoutKind.Sequential)]
    public struct PollFd
    {
        public int Fd;
        public short Events;
        public short Returned;
    }

    /// <summary>struct sock_fprog: the pointer is aligned, so there is a gap after the count.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct FilterProgram
    {
        public ushort Length;
        public ulong* Filter;
    }

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    public static partial FileHandle Socket(int domain, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    public static partial int Bind(FileHandle socket, byte* address, int length);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    public static partial int SetSocketOption(FileHandle socket, int level, int name, void* value, int length);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    public static partial nint Send(FileHandle socket, byte* bytes, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    public static partial nint Receive(FileHandle socket, byte* bytes, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    public static partial int Poll(PollFd* fds, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    public static partial FileHandle EventFd(uint value, int flags);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(FileHandle file, void* bytes, nint length);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    public static partial FileHandle Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    public static partial int Control(FileHandle file, nuint request, void* argument);

    [LibraryImport("libc", EntryPoint = "close")]
    public static partial int Close(int file);
}

/// <summary>A file descriptor that is closed once.</summary>
internal sealed class FileHandle : SafeHandle
{
    public FileHandle()
        : base(-1, ownsHandle: true)
    {
    }

    public FileHandle(int file, bool owns = true)
        : base(-1, owns) => SetHandle(file);

    public override bool IsInvalid => (int)handle < 0;

    protected override bool ReleaseHandle() => Libc.Close((int)handle) == 0;
}
