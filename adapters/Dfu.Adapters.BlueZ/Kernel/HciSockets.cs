using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Dfu.Adapters.BlueZ.Kernel;

/// <remarks>The channels of struct sockaddr_hci.</remarks>
internal enum HciChannel : ushort
{
    Raw = 0,

    /// <summary>A copy of what goes to and comes from all controllers; needs CAP_NET_RAW.</summary>
    Monitor = 2,

    /// <summary>
    /// Commands to the kernel's management of controllers. Anyone may open it, but only with CAP_NET_ADMIN may it change something or hear of links.
    /// </summary>
    Control = 3,
}

/// <summary>The kernel's HCI sockets; tests put a script behind them.</summary>
internal interface IHciSockets
{
    /// <summary>Opens a non-blocking packet socket; the caller owns it.</summary>
    /// <param name="error">The errno when there is none.</param>
    FileHandle? Open(HciChannel channel, out int error);

    /// <summary>Fills in struct hci_dev_info, <see cref="DeviceInfo.Size"/> bytes.</summary>
    bool TryReadDeviceInfo(int index, Span<byte> info);
}

/// <summary>Those of the running kernel.</summary>
internal sealed unsafe class HciSockets : IHciSockets
{
    private const ushort NoController = 0xFFFF;

    public FileHandle? Open(HciChannel channel, out int error)
    {
        error = Libc.EAFNOSUPPORT;
        if (!OperatingSystem.IsLinux()) return null;
        var socket = Libc.Socket(Libc.AF_BLUETOOTH, Libc.SOCK_RAW | Libc.SOCK_CLOEXEC | Libc.SOCK_NONBLOCK, Libc.BTPROTO_HCI);
        if (!socket.IsInvalid)
        {
            // struct sockaddr_hci: family in the machine's order, like the two numbers after it.
            var address = stackalloc ushort[3] { Libc.AF_BLUETOOTH, NoController, (ushort)channel };
            if (channel == HciChannel.Raw || Libc.Bind(socket, (byte*)address, 6) == 0)
            {
                error = 0;
                return socket;
            }
        }

        error = Marshal.GetLastPInvokeError();
        socket.Dispose();
        return null;
    }

    public bool TryReadDeviceInfo(int index, Span<byte> info)
    {
        if (info.Length < DeviceInfo.Size || Open(HciChannel.Raw, out _) is not { } socket) return false;
        using (socket)
        {
            if (BitConverter.IsLittleEndian) BinaryPrimitives.WriteUInt16LittleEndian(info, (ushort)index);
            else BinaryPrimitives.WriteUInt16BigEndian(info, (ushort)index);
            fixed (byte* at = info) return Libc.Control(socket, Libc.HCIGETDEVINFO, at) == 0;
        }
    }
}

/// <summary>The part of struct hci_dev_info that is of use here.</summary>
/// <param name="OnlyLowEnergy">
/// Whether the controller has no BR/EDR; otherwise the buffers counted are those of BR/EDR, which Low Energy may or may not share.
/// </param>
/// <param name="AclPackets">Packets the controller queues.</param>
/// <remarks>BlueZ lib/hci.h: features from byte 21, acl_mtu at 44, acl_pkts at 46. Numbers are in the machine's byte order.</remarks>
internal readonly record struct DeviceInfo(bool OnlyLowEnergy, ushort AclPackets)
{
    public const int Size = 92;
    private const byte NoBasicRate = 0x20;

    public static bool TryParse(ReadOnlySpan<byte> bytes, out DeviceInfo info)
    {
        info = default;
        if (bytes.Length < Size) return false;
        info = new((bytes[21 + 4] & NoBasicRate) != 0, MemoryMarshal.Read<ushort>(bytes[46..]));
        return true;
    }
}
