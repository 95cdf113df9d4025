namespace Dfu.Protocol.Packages;

/// <summary>What a package is to be made of: an application, a SoftDevice, a bootloader, or several of them.</summary>
/// <remarks>A SoftDevice and a bootloader become one image.</remarks>
public sealed record PackageContents
{
    public FirmwareFile? Application { get; init; }

    /// <summary>Without the master boot record.</summary>
    public FirmwareFile? SoftDevice { get; init; }

    public FirmwareFile? Bootloader { get; init; }

    /// <summary>Needed with an application; a bootloader refuses one lower than it has.</summary>
    public uint? ApplicationVersion { get; init; }

    /// <summary>Needed with a bootloader; it must be higher than the one on the device.</summary>
    public uint? BootloaderVersion { get; init; }

    /// <summary>The number the bootloader was built with; by Nordic's default 52 on nRF52.</summary>
    public required uint HwVersion { get; init; }

    /// <summary>Ids of the SoftDevices a device may run before the update, 1 to 16; 0 stands for none. Table: <see cref="SoftDevices"/>.</summary>
    public required IReadOnlyList<uint> SdReq { get; init; }

    /// <summary>
    /// Ids of the SoftDevice in this package; needed with SoftDevice and application, whose requirement they become. The SoftDevice's
    /// own image accepts them as well, so that a package can be sent again to a device that has got as far as the SoftDevice.
    /// </summary>
    public IReadOnlyList<uint> SoftDeviceIds { get; init; } = [];

    /// <summary>A bootloader built for debugging then checks no versions.</summary>
    public bool IsDebug { get; init; }

    /// <summary>Says how the bootloader is to check the image at every start. False writes the shorter packet of SDK 12 to 14.</summary>
    public bool BootValidation { get; init; } = true;

    /// <summary>How that is done with the application, null for CRC; the ECDSA kind is signed with the key that signs the package.</summary>
    public BootValidationKind? ApplicationBootValidation { get; init; }

    /// <summary>The same for the SoftDevice. For bootloaders CRC is written, and no bootloader checks itself.</summary>
    public BootValidationKind? SoftDeviceBootValidation { get; init; }
}
