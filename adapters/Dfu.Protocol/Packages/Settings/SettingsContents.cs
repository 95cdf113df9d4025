using System.Buffers.Binary;
using System.IO.Hashing;
using System.Security.Cryptography;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages.Doubts;

namespace Dfu.Protocol.Packages.Settings;

/// <summary>What is programmed into a chip together with the settings page, and so what the page is to say.</summary>
public sealed record SettingsContents
{
    /// <summary>1 for bootloaders of SDK 12 to 15.2, 2 for those of SDK 15.3 and newer.</summary>
    public required int Version { get; init; }

    public required uint BootloaderVersion { get; init; }

    /// <summary>Null when the chip gets its application over the air: the bootloader then waits for one.</summary>
    public FirmwareFile? Application { get; init; }

    public uint? ApplicationVersion { get; init; }

    /// <summary>Needed only for its boot validation.</summary>
    public FirmwareFile? SoftDevice { get; init; }

    /// <summary>Null for what is usual: CRC in version 2, nothing in version 1, which knows none.</summary>
    public BootValidationKind? ApplicationBootValidation { get; init; }
    public BootValidationKind? SoftDeviceBootValidation { get; init; }

    /// <summary>What speaks against the firmware being what it is given as, the grave ones first.</summary>
    public IReadOnlyList<Doubt> Doubts() =>
        [.. Of(Application, ImageType.Application).Concat(Of(SoftDevice, ImageType.SoftDevice)).OrderByDescending(doubt => doubt.Level)];

    /// <param name="privateKey">Signs boot validations of the ECDSA kind.</param>
    /// <exception cref="DfuException">
    /// <see cref="DfuError.InvalidArgument"/>, <see cref="DfuError.KeyInvalid"/> or <see cref="DfuError.FirmwareInvalid"/>.
    /// </exception>
    public SettingsPage ToPage(ECDsa? privateKey)
    {
        DfuKeys.RequireP256(privateKey);
        Check();
        var (application, softDevice) = (Words(Application), Words(SoftDevice));
        return new()
        {
            Version = Version,
            ApplicationVersion = ApplicationVersion ?? 0,
            BootloaderVersion = BootloaderVersion,
            Bank0 = application is null ? default : new((uint)application.Length, Crc32.HashToUInt32(application), SettingsBank.ValidApplication),
            SoftDeviceSize = (uint)(softDevice?.Length ?? 0),
            ApplicationValidation = Validation(ApplicationBootValidation, application, privateKey),
            SoftDeviceValidation = Validation(SoftDeviceBootValidation, softDevice, privateKey),
        };
    }

    private static IEnumerable<Doubt> Of(FirmwareFile? file, ImageType part) =>
        file is null ? [] : ImageDoubts.Of(file, part).Concat(ImageDoubts.Notes(file, part));

    private SettingsValidation Validation(BootValidationKind? kind, byte[]? firmware, ECDsa? privateKey)
    {
        if (firmware is null || Version == 1) return SettingsValidation.None;
        var value = new byte[4];
        switch (kind ?? BootValidationKind.Crc)
        {
            case BootValidationKind.None:
                return SettingsValidation.None;
            case BootValidationKind.Crc:
                BinaryPrimitives.WriteUInt32LittleEndian(value, Crc32.HashToUInt32(firmware));
                return new(BootValidationKind.Crc, value);
            case BootValidationKind.Sha256:
                return new(BootValidationKind.Sha256, SHA256.HashData(firmware));
            default:
                return new(BootValidationKind.EcdsaP256Sha256, Signatures.Sign(firmware, privateKey));
        }
    }

    private void Check()
    {
        if (Version is not (1 or 2))
            throw Wrong("bootloaders know settings of version 1 (SDK 12 to 15.2) and 2 (SDK 15.3 and newer)", "Give one of them.");
        if (Application is not null && ApplicationVersion is null) throw Wrong("an application needs a version", "Give --application-version.");
        if (Version == 1 && (ApplicationBootValidation ?? SoftDeviceBootValidation) is not null)
            throw Wrong("settings of version 1 know no boot validation", "Leave it out, or give --bl-settings-version 2 for SDK 15.3 and newer.");
        if (Application is null && ApplicationBootValidation is not null)
            throw Wrong("boot validation of the application needs the application", "Give --application.");
        if (SoftDevice is null && SoftDeviceBootValidation is not null)
            throw Wrong("boot validation of the SoftDevice needs the SoftDevice", "Give --softdevice.");
    }

    private static byte[]? Words(FirmwareFile? file) => file switch
    {
        null => null,
        { Bytes.IsEmpty: true } => throw new DfuException(DfuError.FirmwareInvalid, $"{OneLine.Quoted(file.Name)} is empty"),
        _ => PackageWriter.Pad(file.Bytes.Span),
    };

    private static DfuException Wrong(string what, string remedy) => new(DfuError.InvalidArgument, what) { Remedy = remedy };
}
