using System.Buffers.Binary;
using System.Text;
using Dfu.Protocol.Links;

namespace Dfu.Adapters.BlueZ.Kernel;

/// <remarks>BlueZ doc/mgmt-protocol.</remarks>
internal enum MgmtCommand : ushort
{
    ReadVersion = 0x0001,
    ReadCommands = 0x0002,
    ReadControllerInformation = 0x0004,
    SetPowered = 0x0005,
    LoadConnectionParameters = 0x0035,
    GetPhyConfiguration = 0x0044,
    SetPhyConfiguration = 0x0045,
}

internal enum MgmtEvent : ushort
{
    CommandComplete = 0x0001,
    CommandStatus = 0x0002,
    IndexAdded = 0x0004,
    IndexRemoved = 0x0005,
    DeviceDisconnected = 0x000C,
    ConnectFailed = 0x000D,
}

/// <summary>A packet of the management socket: code, controller index and length, each u16 little-endian, then parameters.</summary>
internal readonly ref struct MgmtPacket
{
    public const int HeaderSize = 6;
    public const ushort NoIndex = 0xFFFF;

    private MgmtPacket(ushort code, ushort index, ReadOnlySpan<byte> parameters)
    {
        Code = code;
        Index = index;
        Parameters = parameters;
    }

    public ushort Code { get; }

    public ushort Index { get; }

    public ReadOnlySpan<byte> Parameters { get; }

    public static bool TryParse(ReadOnlySpan<byte> bytes, out MgmtPacket packet)
    {
        packet = default;
        if (bytes.Length < HeaderSize) return false;
        var length = U16(bytes[4..]);
        if (bytes.Length != HeaderSize + length) return false;
        packet = new(U16(bytes), U16(bytes[2..]), bytes[HeaderSize..]);
        return true;
    }

    public static byte[] Write(ushort code, ushort index, ReadOnlySpan<byte> parameters)
    {
        var bytes = new byte[HeaderSize + parameters.Length];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, code);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2), index);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4), checked((ushort)parameters.Length));
        parameters.CopyTo(bytes.AsSpan(HeaderSize));
        return bytes;
    }

    private static ushort U16(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16LittleEndian(bytes);
}

/// <summary>What the kernel said to a command.</summary>
/// <param name="Status">0 is success.</param>
internal readonly record struct MgmtAnswer(MgmtCommand Command, ushort Index, byte Status, ReadOnlyMemory<byte> Parameters)
{
    public bool Succeeded => Status == 0;

    /// <summary>Command Complete: opcode u16, status, what the command returns. Command Status: the same without the rest.</summary>
    public static bool TryParse(MgmtPacket packet, out MgmtAnswer answer)
    {
        answer = default;
        if (packet.Code is not ((ushort)MgmtEvent.CommandComplete or (ushort)MgmtEvent.CommandStatus)
            || packet.Parameters is not [_, _, var status, .. var rest])
            return false;
        answer = new((MgmtCommand)BinaryPrimitives.ReadUInt16LittleEndian(packet.Parameters), packet.Index, status, rest.ToArray());
        return true;
    }
}

/// <summary>The version of the kernel's management interface: 1.22 came with Linux 6.0.</summary>
internal readonly record struct MgmtVersion(byte Version, ushort Revision)
{
    public static bool TryParse(ReadOnlySpan<byte> bytes, out MgmtVersion version)
    {
        version = bytes.Length >= 3 ? new(bytes[0], BinaryPrimitives.ReadUInt16LittleEndian(bytes[1..])) : default;
        return bytes.Length >= 3;
    }
}

/// <summary>What Read Commands tells: a socket without CAP_NET_ADMIN is told only the commands it may use.</summary>
internal static class MgmtCommands
{
    /// <summary>Numbers of commands and events, each u16, then the opcodes.</summary>
    public static bool Has(ReadOnlySpan<byte> bytes, MgmtCommand command)
    {
        if (bytes.Length < 4) return false;
        var count = Math.Min(BinaryPrimitives.ReadUInt16LittleEndian(bytes), (bytes.Length - 4) / 2);
        for (var i = 0; i < count; i++)
        {
            if (BinaryPrimitives.ReadUInt16LittleEndian(bytes[(4 + (2 * i))..]) == (ushort)command) return true;
        }

        return false;
    }
}

/// <remarks>Address 6 bytes, version, manufacturer u16, supported and current settings u32, class 3 bytes, name 249 bytes, short name 11 bytes.</remarks>
internal sealed record ControllerInformation(BluetoothAddress Address, byte HciVersion, ushort Manufacturer, uint Supported, uint Current, string Name)
{
    public const int Size = 280;
    public const uint Powered = 1 << 0;
    public const uint LowEnergy = 1 << 9;
    private const int NameAt = 20;
    private const int NameSize = 249;

    public static bool TryParse(ReadOnlySpan<byte> bytes, out ControllerInformation information)
    {
        information = null!;
        if (bytes.Length < Size) return false;
        var name = bytes.Slice(NameAt, NameSize);
        var end = name.IndexOf((byte)0);
        information = new(
            HciAddress.Read(bytes),
            bytes[6],
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[7..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[9..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[13..]),
            Encoding.UTF8.GetString(end < 0 ? name : name[..end]));
        return true;
    }
}

/// <summary>Bit masks of PHYs.</summary>
internal readonly record struct PhyConfiguration(uint Supported, uint Configurable, uint Selected)
{
    /// <summary>LE 2M, transmitting and receiving.</summary>
    public const uint Le2M = (1 << 11) | (1 << 12);

    public static bool TryParse(ReadOnlySpan<byte> bytes, out PhyConfiguration phys)
    {
        phys = default;
        if (bytes.Length < 12) return false;
        phys = new(
            BinaryPrimitives.ReadUInt32LittleEndian(bytes), BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]));
        return true;
    }
}

/// <summary>A Low Energy link ended.</summary>
/// <param name="Reason">As an HCI reason code.</param>
internal readonly record struct DeviceDisconnected(BluetoothAddress Peer, byte Reason)
{
    /// <remarks>
    /// Address 6 bytes, type, reason. The kernel makes few reasons of many: 1 was 0x08; 2 and 5 (this host, to suspend) 0x16;
    /// 3 was 0x13, 0x14 or 0x15, all of which the device chose; 4 0x05. Of 0 nothing is known: 0x1f, unspecified error.
    /// </remarks>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out DeviceDisconnected ended)
    {
        ended = default;
        if (bytes is not [_, _, _, _, _, _, MgmtAddress.Public or MgmtAddress.Random, var reason, ..]) return false;
        ended = new(HciAddress.Read(bytes), reason switch
        {
            1 => LinkClosure.SupervisionTimeout,
            2 or 5 => LinkClosure.LocalHost,
            3 => LinkClosure.RemoteUser,
            4 => 0x05,
            _ => 0x1F,
        });
        return true;
    }
}

/// <summary>A Low Energy link did not come about.</summary>
/// <param name="Status">As an HCI error code.</param>
internal readonly record struct ConnectFailed(BluetoothAddress Peer, byte Status)
{
    /// <remarks>
    /// Address 6 bytes, type, status. The kernel makes few statuses of many: 2 was 0x02, a connect that was given up; 4 0x3e or 0x04;
    /// 7, no resources, 0x07, 0x09 or 0x0d, all of which say that the controller holds no more links; 8 0x08 or 0x10; 10 0x0c. Of others nothing is
    /// known: 0x1f.
    /// </remarks>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out ConnectFailed failed)
    {
        failed = default;
        if (bytes is not [_, _, _, _, _, _, MgmtAddress.Public or MgmtAddress.Random, var status, ..]) return false;
        failed = new(HciAddress.Read(bytes), status switch
        {
            2 => 0x02,
            4 => 0x3E,
            7 => 0x09,
            8 => 0x08,
            10 => 0x0C,
            _ => 0x1F,
        });
        return true;
    }
}

/// <summary>Address types of the management interface; 0 is BR/EDR.</summary>
internal static class MgmtAddress
{
    public const byte Public = 1;
    public const byte Random = 2;
}

/// <summary>Addresses of HCI and the management interface: six bytes, the one written last first.</summary>
internal static class HciAddress
{
    public const int Size = 6;

    /// <param name="bytes">At least six.</param>
    public static BluetoothAddress Read(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt32LittleEndian(bytes) | ((ulong)BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]) << 32));

    public static void Write(Span<byte> bytes, BluetoothAddress address)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)address.Value);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[4..], (ushort)(address.Value >> 32));
    }
}
