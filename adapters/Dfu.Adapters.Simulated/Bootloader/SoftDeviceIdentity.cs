using System.Buffers.Binary;

namespace Dfu.Adapters.Simulated.Bootloader;

/// <summary>What a device knows of its SoftDevice; of one that it was made with only the id.</summary>
/// <param name="Id">The firmware id that <c>--sd-req</c> is about.</param>
/// <param name="Family">132 for S132, 140 for S140 and so on; null when nothing says it.</param>
/// <param name="Version">Major * 1,000,000 + minor * 1,000 + bug fix; null when nothing says it.</param>
internal sealed record SoftDeviceIdentity(uint Id, uint? Family = null, uint? Version = null)
{
    /// <summary>The MBR below the SoftDevice counts in the size that its structure tells.</summary>
    private const int MbrSize = 0x1000;

    private const int At = 0x2000;
    private const int Length = 0x18;
    private const uint Magic = 0x51B1_E5DB;

    private uint? Major => Version / 1_000_000;

    /// <summary>Reads the structure in a SoftDevice's image, whatever lies there; null for an image that ends before it.</summary>
    /// <remarks>nRF5 SDK 17.1, nrf_sdm.h: its own size at 0x00 (one byte), id at 0x0c (two), family at 0x10 and version at 0x14 if it is that long.</remarks>
    public static SoftDeviceIdentity? Read(ReadOnlySpan<byte> image, int size)
    {
        if (Math.Min(image.Length, size) < At + Length) return null;
        var structure = image.Slice(At, Length);
        var length = structure[0];
        return new(
            BinaryPrimitives.ReadUInt16LittleEndian(structure[0x0c..]),
            length > 0x10 ? BinaryPrimitives.ReadUInt32LittleEndian(structure[0x10..]) : null,
            length > 0x14 ? BinaryPrimitives.ReadUInt32LittleEndian(structure[0x14..]) : null);
    }

    /// <summary>Whether a bootloader takes a SoftDevice that it has received whole, and what becomes of the application.</summary>
    /// <param name="size">Of the SoftDevice in the image, as the init packet says.</param>
    /// <param name="present">The device's own; what is not known of it is not compared.</param>
    /// <remarks>
    /// nRF5 SDK 15.3 and 17.0.2, nrf_dfu_validation.c, softdevice_info_ok and is_major_softdevice_update; SDK 14.2, dfu_req_handling.c,
    /// nrf_dfu_postvalidate; SDK 12.3 looks at nothing.
    /// </remarks>
    public static SoftDeviceVerdict Judge(BootloaderProfile profile, ReadOnlySpan<byte> image, int size, bool withBootloader, SoftDeviceIdentity? present)
    {
        if (profile.SoftDeviceCheck == SoftDeviceCheck.None) return SoftDeviceVerdict.Taken;
        var found = Read(image, size);
        if (profile.SoftDeviceCheck >= SoftDeviceCheck.Structure)
        {
            if (found is null || U32(image, 0x04) != Magic || U32(image, 0x08) < (uint)(ChipModel.Pages(size + MbrSize) * ChipModel.PageSize))
                return SoftDeviceVerdict.Refused;
            if (profile.SoftDeviceCheck == SoftDeviceCheck.Family && present?.Family is { } family && found.Family != family) return SoftDeviceVerdict.Refused;
        }

        if (present?.Major is not { } major || (found?.Major ?? 0) == major) return SoftDeviceVerdict.Taken;
        return withBootloader ? SoftDeviceVerdict.TakenWithoutApplication : SoftDeviceVerdict.Refused;
    }

    private static uint U32(ReadOnlySpan<byte> image, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(image[(At + offset)..]);
}

internal enum SoftDeviceVerdict
{
    Taken,

    /// <summary>The application on the device may not run with it and counts as gone.</summary>
    TakenWithoutApplication,
    Refused,
}

/// <summary>What a bootloader looks at in a SoftDevice before it puts it in place; each step includes those before it.</summary>
internal enum SoftDeviceCheck
{
    None,

    /// <summary>The major version: another one needs a bootloader with it.</summary>
    Version,

    /// <summary>The magic number, and that its own size is not less than the init packet's.</summary>
    Structure,

    /// <summary>That it is of the family of the one that is there.</summary>
    Family,
}
