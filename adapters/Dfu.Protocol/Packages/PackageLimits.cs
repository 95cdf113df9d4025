namespace Dfu.Protocol.Packages;

/// <summary>What a package may hold at most; a reader never takes more memory than these add up to.</summary>
public static class PackageLimits
{
    /// <summary>Largest zip file, in bytes: two images of the largest size and room for the rest.</summary>
    public const int ZipBytes = (2 * ImageBytes) + (1 << 20);

    /// <summary>Largest image, in bytes: several times the flash of any nRF5 device.</summary>
    public const int ImageBytes = 16 << 20;

    public const int ManifestBytes = 64 << 10;

    /// <summary>Largest init packet a bootloader takes, in bytes (256 before SDK 15.3).</summary>
    public const int InitPacketBytes = 512;

    /// <summary>Most entries of a zip; a package needs five.</summary>
    public const int Entries = 64;

    /// <summary>Most SoftDevice ids of an init packet.</summary>
    /// <remarks>nRF5 SDK, dfu-cc.options: the bootloader's decoder has room for 16.</remarks>
    public const int SdReq = 16;
}
