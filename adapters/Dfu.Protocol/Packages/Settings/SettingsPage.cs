using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.IO.Hashing;

namespace Dfu.Protocol.Packages.Settings;

/// <summary>What a bootloader knows of one bank of its flash: an image's size in bytes, its CRC-32, and what it is.</summary>
/// <param name="Code">0 nothing valid, 1 an application; the others are for updates that are not finished.</param>
public readonly record struct SettingsBank(uint Size, uint Crc, uint Code)
{
    public const uint ValidApplication = 1;
}

/// <summary>How an image is checked at every start.</summary>
/// <param name="Value">CRC-32 (4 bytes, least significant first), SHA-256 (32 bytes, most significant first) or signature (64 bytes).</param>
public sealed record SettingsValidation(BootValidationKind Kind, ReadOnlyMemory<byte> Value)
{
    public static readonly SettingsValidation None = new(BootValidationKind.None, default);
}

/// <summary>A bootloader's settings page: what it believes to be in flash, and what it starts.</summary>
/// <remarks>
/// nRF5 SDK, nrf_dfu_types.h, nrf_dfu_settings_t: version 1 in SDK 12 to 15.2, version 2 with boot validations from SDK 15.3 on. All numbers are
/// little-endian; the CRC is over bytes 4 to 0x5B, that of the boot validations over 0x260 to 0x322.
/// </remarks>
public sealed record SettingsPage
{
    /// <summary>Bytes of version 1 that are ever written by tools: up to the init packet.</summary>
    private const int Version1Bytes = 0x5C;

    private const int InitPacketAt = 0x5C;
    private const int ValidationCrcAt = 0x25C;
    private const int ValidationsAt = 0x260;
    private const int ValidationBytes = 1 + 64;
    private const int Version2Bytes = ValidationsAt + (3 * ValidationBytes);

    /// <summary>1 or 2.</summary>
    public required int Version { get; init; }

    public uint ApplicationVersion { get; init; }
    public uint BootloaderVersion { get; init; }

    /// <summary>0 for two banks, 1 for one.</summary>
    public uint BankLayout { get; init; }

    /// <summary>The bank that is in use.</summary>
    public uint BankCurrent { get; init; }

    /// <summary>Where applications run.</summary>
    public SettingsBank Bank0 { get; init; }

    /// <summary>Where an update waits to be put in place.</summary>
    public SettingsBank Bank1 { get; init; }

    /// <summary>Without the master boot record.</summary>
    public uint SoftDeviceSize { get; init; }

    /// <summary>The init packet of an update that is not finished; empty without one.</summary>
    public ReadOnlyMemory<byte> InitPacket { get; init; }

    /// <summary>None in version 1.</summary>
    public SettingsValidation SoftDeviceValidation { get; init; } = SettingsValidation.None;
    public SettingsValidation ApplicationValidation { get; init; } = SettingsValidation.None;
    public SettingsValidation BootloaderValidation { get; init; } = SettingsValidation.None;

    /// <summary>The CRC-32 in the page; a bootloader ignores a page where it does not fit. Set when a page is read.</summary>
    public uint Crc { get; init; }
    public bool CrcMatches { get; init; }

    /// <summary>The CRC-32 over the boot validations; 0 in version 1.</summary>
    public uint ValidationCrc { get; init; }
    public bool ValidationCrcMatches { get; init; }

    /// <summary>Whether a boot validation is a signature.</summary>
    public bool IsSigned => BootValidationKind.EcdsaP256Sha256 == ApplicationValidation.Kind || BootValidationKind.EcdsaP256Sha256 == SoftDeviceValidation.Kind;

    /// <summary>Bytes of the page that mean something.</summary>
    internal int Length => Version == 1 ? Version1Bytes : Version2Bytes;

    /// <summary>The page as it lies in flash, CRCs computed, padded with 0xFF to words; unfinished updates are left out.</summary>
    public byte[] ToBytes()
    {
        var page = new byte[(Length + 3) / 4 * 4];
        page.AsSpan(Length).Fill(0xFF);
        uint[] words =
        [
            0, (uint)Version, ApplicationVersion, BootloaderVersion, BankLayout, BankCurrent,
            Bank0.Size, Bank0.Crc, Bank0.Code, Bank1.Size, Bank1.Crc, Bank1.Code, 0, SoftDeviceSize,
        ];
        for (var i = 0; i < words.Length; i++) Put(page, 4 * i, words[i]);
        if (Version > 1)
        {
            Put(page, 0, SoftDeviceValidation);
            Put(page, 1, ApplicationValidation);
            Put(page, 2, BootloaderValidation);
            Put(page, ValidationCrcAt, Crc32.HashToUInt32(page.AsSpan(ValidationsAt..Version2Bytes)));
        }

        Put(page, 0, Crc32.HashToUInt32(page.AsSpan(4..InitPacketAt)));
        return page;
    }

    /// <param name="flash">From the page's first byte on.</param>
    /// <param name="page">The settings, also when a CRC does not fit.</param>
    /// <returns>False when this is no settings page of a known version.</returns>
    public static bool TryParse(ReadOnlySpan<byte> flash, [NotNullWhen(true)] out SettingsPage? page)
    {
        page = null;
        if (flash.Length < Version1Bytes || U32(flash, 4) is not ((1 or 2) and var version)) return false;
        if (version == 2 && flash.Length < Version2Bytes) return false;
        var packet = (int)Math.Min(U32(flash, 0x38), PackageLimits.InitPacketBytes);
        page = new()
        {
            Version = (int)version,
            ApplicationVersion = U32(flash, 8),
            BootloaderVersion = U32(flash, 0xC),
            BankLayout = U32(flash, 0x10),
            BankCurrent = U32(flash, 0x14),
            Bank0 = new(U32(flash, 0x18), U32(flash, 0x1C), U32(flash, 0x20)),
            Bank1 = new(U32(flash, 0x24), U32(flash, 0x28), U32(flash, 0x2C)),
            SoftDeviceSize = U32(flash, 0x34),
            InitPacket = flash.Length >= InitPacketAt + packet ? flash.Slice(InitPacketAt, packet).ToArray() : default,
            SoftDeviceValidation = version == 1 ? SettingsValidation.None : Validation(flash, 0),
            ApplicationValidation = version == 1 ? SettingsValidation.None : Validation(flash, 1),
            BootloaderValidation = version == 1 ? SettingsValidation.None : Validation(flash, 2),
            Crc = U32(flash, 0),
            CrcMatches = U32(flash, 0) == Crc32.HashToUInt32(flash[4..InitPacketAt]),
            ValidationCrc = version == 1 ? 0 : U32(flash, ValidationCrcAt),
            ValidationCrcMatches = version == 1 || U32(flash, ValidationCrcAt) == Crc32.HashToUInt32(flash[ValidationsAt..Version2Bytes]),
        };
        return true;
    }

    /// <summary>Whether bytes that come from anywhere are a settings page: its CRC-32 says so.</summary>
    internal static bool IsOne(ReadOnlySpan<byte> flash) => TryParse(flash, out var page) && page.CrcMatches;

    private static SettingsValidation Validation(ReadOnlySpan<byte> flash, int index)
    {
        var at = ValidationsAt + (index * ValidationBytes);
        var kind = (BootValidationKind)flash[at];
        var length = kind switch
        {
            BootValidationKind.None => 0,
            BootValidationKind.Crc => 4,
            BootValidationKind.Sha256 => 32,
            _ => ValidationBytes - 1,
        };
        return new(kind, flash.Slice(at + 1, length).ToArray());
    }

    private static void Put(Span<byte> page, int index, SettingsValidation validation)
    {
        var at = ValidationsAt + (index * ValidationBytes);
        page[at] = (byte)validation.Kind;
        validation.Value.Span.CopyTo(page[(at + 1)..]);
    }

    private static void Put(byte[] page, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(page.AsSpan(at), value);

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
}
