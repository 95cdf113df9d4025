using System.Security.Cryptography;
using Dfu.Protocol.Errors;

namespace Dfu.Protocol.Packages;

/// <summary>How a bootloader checks an image at every start of the device. The numbers are those in init packets and settings pages.</summary>
/// <remarks>nRF5 SDK 15.3 to 17.1, nrf_dfu_types.h, boot_validation_type_t. Older bootloaders check the CRC and know no other kind.</remarks>
public enum BootValidationKind : byte
{
    None = 0,

    /// <summary>CRC-32, which the bootloader computes when it takes the image.</summary>
    Crc = 1,

    /// <summary>SHA-256, which the bootloader computes when it takes the image.</summary>
    Sha256 = 2,

    /// <summary>A signature over the image, made with the key that packages are signed with.</summary>
    EcdsaP256Sha256 = 3,
}

/// <summary>One boot validation of an init packet.</summary>
/// <param name="Kind">May be a number that has no name, in packets of other tools.</param>
/// <param name="Signature">r and s, 32 bytes each, least significant byte first; empty for kinds that need none.</param>
public sealed record BootValidationEntry(BootValidationKind Kind, ReadOnlyMemory<byte> Signature)
{
    /// <summary>What an init packet says of an image.</summary>
    /// <param name="firmware">The image, padded to words.</param>
    /// <param name="privateKey">Needed for <see cref="BootValidationKind.EcdsaP256Sha256"/>.</param>
    /// <exception cref="DfuException"><see cref="DfuError.KeyInvalid"/>.</exception>
    public static BootValidationEntry Of(BootValidationKind kind, ReadOnlySpan<byte> firmware, ECDsa? privateKey) =>
        new(kind, kind == BootValidationKind.EcdsaP256Sha256 ? Signatures.Sign(firmware, privateKey) : default);

    /// <summary>Whether the signature is over <paramref name="firmware"/> and by the private half of <paramref name="publicKey"/>.</summary>
    public bool Fits(ReadOnlySpan<byte> firmware, ECDsa publicKey) => Signatures.Verify(firmware, Signature.Span, publicKey);
}
