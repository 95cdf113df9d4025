using System.Buffers.Binary;

namespace Dfu.Protocol.Packages;

/// <summary>Packages for the bootloaders of SDK 11 and older, which know another protocol.</summary>
/// <remarks>nRF5 SDK 11, dfu_init_template.c: device type and revision, version, number of SoftDevices, their ids, then a CRC-16, or size and hash.</remarks>
internal static class LegacyPackage
{
    private const int FixedBytes = 10;

    public static readonly FileKind Kind = new(
        FileFamily.Other,
        "a legacy DFU package (SDK 11 or older, or Adafruit's bootloader)",
        "Send it with the nRF Connect app or with adafruit-nrfutil: this tool updates devices with a Secure DFU bootloader (SDK 12 or later).");

    /// <summary>Whether an init packet has the form of SDK 11: its length follows from the number of SoftDevices in it.</summary>
    public static bool IsInitPacket(ReadOnlySpan<byte> packet)
    {
        if (packet.Length < FixedBytes) return false;
        var softDevices = BinaryPrimitives.ReadUInt16LittleEndian(packet[8..]);
        return softDevices is > 0 and <= 32 && (packet.Length - FixedBytes - (2 * softDevices)) is 0 or 2 or 6 or 40 or 104;
    }
}
