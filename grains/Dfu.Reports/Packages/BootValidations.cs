using System.Globalization;
using Dfu.Protocol.Packages;

namespace Dfu.Reports;

/// <summary>How boot validations are called, for people and in JSON.</summary>
public static class BootValidations
{
    public static string Text(BootValidationKind kind) => kind switch
    {
        BootValidationKind.None => "none",
        BootValidationKind.Crc => "CRC-32",
        BootValidationKind.Sha256 => "SHA-256",
        BootValidationKind.EcdsaP256Sha256 => "ECDSA P-256 with SHA-256",
        _ => string.Create(CultureInfo.InvariantCulture, $"kind {(int)kind}, unknown"),
    };

    public static string Code(BootValidationKind kind) => kind switch
    {
        BootValidationKind.None => "none",
        BootValidationKind.Crc => "crc",
        BootValidationKind.Sha256 => "sha256",
        BootValidationKind.EcdsaP256Sha256 => "ecdsaP256Sha256",
        _ => ((int)kind).ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>Whether the image is checked by its CRC, stated or not, as in nearly every package: nothing to tell.</summary>
    public static bool AreUsual(DfuImage image) => image.BootValidations.All(kind => kind == BootValidationKind.Crc);

    /// <summary>Of an image in a package.</summary>
    public static string Text(DfuImage image)
    {
        var kinds = image.BootValidations;
        var text = image.Type == ImageType.SoftDeviceBootloader && kinds.Count == 2 ? $"SoftDevice {Text(kinds[0])}, bootloader {Text(kinds[1])}"
            : string.Join(", ", kinds.Select(Text));
        return image.BootSignatureValid switch
        {
            true => $"{text} [green]✓ fits the key[/]",
            false => $"{text} [red]✗ does not fit image and key[/]",
            _ => text,
        };
    }
}
