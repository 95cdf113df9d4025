namespace Dfu.Protocol.Packages;

/// <summary>What an image of a package replaces on the device; the names are those of the manifest.</summary>
public enum ImageType
{
    Application,
    SoftDevice,
    Bootloader,
    SoftDeviceBootloader,

    /// <summary>Firmware that the device keeps for something else than itself. It is told, not sent.</summary>
    ExternalApplication,
}

/// <summary>How an init packet is signed.</summary>
public enum SignatureKind
{
    None,
    EcdsaP256Sha256,
}

/// <summary>One image of a package: the firmware and the init packet that announces it to the bootloader, with the facts the init packet states.</summary>
public sealed record DfuImage
{
    public required ImageType Type { get; init; }

    /// <summary>The init packet as it goes over the air, at most 512 bytes.</summary>
    public required ReadOnlyMemory<byte> InitPacket { get; init; }

    public required ReadOnlyMemory<byte> Firmware { get; init; }

    /// <summary>CRC-32 of <see cref="Firmware"/>.</summary>
    public required uint Crc { get; init; }

    /// <summary>SHA-256 of <see cref="Firmware"/>, most significant byte first (the init packet stores it reversed).</summary>
    public required ReadOnlyMemory<byte> Sha256 { get; init; }

    public required bool HashMatches { get; init; }

    public required uint FwVersion { get; init; }
    public required uint HwVersion { get; init; }

    /// <summary>SoftDevice ids the image accepts.</summary>
    public required IReadOnlyList<uint> SdReq { get; init; }

    public required bool IsDebug { get; init; }
    public required SignatureKind Signature { get; init; }

    /// <summary>Null when no public key was given to check against.</summary>
    public required bool? SignatureValid { get; init; }

    /// <summary>As in <see cref="Packages.InitPacket.BootValidations"/>.</summary>
    public IReadOnlyList<BootValidationKind> BootValidations { get; init; } = [];

    /// <summary>Whether all signatures among <see cref="BootValidations"/> fit the public key; null when none was given, or there are none.</summary>
    public bool? BootSignatureValid { get; init; }

    /// <summary>Sizes in bytes the init packet states for its parts; 0 for parts it does not have.</summary>
    public required uint SoftDeviceSize { get; init; }
    public required uint BootloaderSize { get; init; }
    public required uint ApplicationSize { get; init; }
}

/// <summary>A package, read and checked: its images in the order a device must receive them.</summary>
public sealed record DfuPackage
{
    /// <summary>SHA-256 of the zip file, 64 lower-case hexadecimal digits.</summary>
    public required string Id { get; init; }

    /// <summary>One or two images; SoftDevice and bootloader come before the application.</summary>
    public required IReadOnlyList<DfuImage> Images { get; init; }

    /// <summary>What the manifest names besides, and no bootloader knows.</summary>
    public IReadOnlyList<string> PassedOver { get; init; } = [];

    public long TotalBytes => Images.Sum(image => (long)image.Firmware.Length);
}
