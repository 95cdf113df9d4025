using System.Buffers.Binary;

namespace Dfu.Protocol.Packages;

/// <summary>What a SoftDevice says of itself.</summary>
/// <param name="End">The address behind it, where applications begin.</param>
/// <param name="Id">Its FWID, to which <c>sd_req</c> is compared.</param>
/// <remarks>
/// nRF5 SDK, nrf_sdm.h, SOFTDEVICE_INFO_STRUCT: 0x2000 behind the SoftDevice's start at 0x1000; magic number at 4, size with the MBR at 8, FWID at 12.
/// </remarks>
public readonly record struct SoftDeviceInfo(uint End, ushort Id)
{
    /// <summary>Where SoftDevices begin, behind the master boot record.</summary>
    public const uint Start = 0x1000;

    private const int Offset = 0x2000;
    private const int Bytes = 14;
    private const uint Magic = 0x51B1E5DB;

    /// <param name="image">Flash from <see cref="Start"/> on, as packages have it.</param>
    /// <param name="info">What is written there.</param>
    /// <returns>False for everything that is no SoftDevice.</returns>
    public static bool TryRead(ReadOnlySpan<byte> image, out SoftDeviceInfo info)
    {
        info = default;
        if (image.Length < Offset + Bytes || BinaryPrimitives.ReadUInt32LittleEndian(image[(Offset + 4)..]) != Magic) return false;
        info = new(BinaryPrimitives.ReadUInt32LittleEndian(image[(Offset + 8)..]), BinaryPrimitives.ReadUInt16LittleEndian(image[(Offset + 12)..]));
        return true;
    }

    /// <summary>What the SoftDevice of an image says of itself; null without one.</summary>
    public static SoftDeviceInfo? Of(DfuImage image) =>
        image.Type is ImageType.SoftDevice or ImageType.SoftDeviceBootloader && TryRead(image.Firmware.Span, out var info) ? info : null;

    /// <summary>The same in an image that begins elsewhere.</summary>
    /// <param name="image">Flash from <paramref name="start"/> on.</param>
    /// <param name="start">Its first address, below or at <see cref="Start"/>.</param>
    /// <param name="info">As of <see cref="TryRead(ReadOnlySpan{byte}, out SoftDeviceInfo)"/>.</param>
    public static bool TryRead(ReadOnlySpan<byte> image, uint start, out SoftDeviceInfo info)
    {
        info = default;
        return start <= Start && image.Length > Start - start && TryRead(image[(int)(Start - start)..], out info);
    }
}
