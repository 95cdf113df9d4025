using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Dfu.Protocol.Packages;

/// <summary>The one table of what files are: a test on the content, a name, and what to do.</summary>
public static class FileKinds
{
    private const string MakePackage = "Make a package of it with 'dfu package create', and give that.";
    private const string Unpack = "Unpack it first, and give the file that is in it.";
    private const string ToHex = "Make a HEX file of it with 'objcopy -O ihex'";
    private const string BuildHex = "Build it as HEX or BIN, linked for the address behind the SoftDevice";
    private const string FetchLfs = "Run 'git lfs pull' in the repository it comes from, or download the file itself.";
    private const string Download = "Download the file itself: the page may ask for a login, or say that the file is gone.";
    private const string TryAgain = "Copy or download the file again.";

    private static readonly SearchValues<byte> HexDigits = SearchValues.Create("0123456789ABCDEFabcdef"u8);

    internal static readonly FileKind McubootImage = new(FileFamily.Other, "a firmware image for MCUboot (nRF Connect SDK)", ZipKinds.Smp);

    private static readonly FileKind ZipArchive = new(FileFamily.Other, "a zip archive");

    /// <summary>In the order they are tried: what is told by magic numbers, then text, then what only looks like something.</summary>
    private static readonly (FileKind Kind, Test Fits)[] Table =
    [
        (Blank("an empty file"), (content, _) => content.IsEmpty),
        (Blank("a file of 0xFF bytes only, as erased flash has"), (content, _) => !content.ContainsAnyExcept((byte)0xFF)),
        (Blank("a file of zeros only"), (content, _) => !content.ContainsAnyExcept((byte)0)),
        (ZipArchive, (content, _) => ZipKinds.IsZip(content)),
        (Firmware("an ELF file, firmware as the linker wrote it", ToHex), Begins([0x7F, (byte)'E', (byte)'L', (byte)'F'])),
        (Firmware("firmware in UF2 form, for bootloaders that appear as a USB drive", BuildHex), Begins("UF2\n"u8)),
        (McubootImage, (content, _) => IsMcuboot(content)),
        (Other("firmware for Zigbee (OTA upgrade file)", "Update it over Zigbee, with the coordinator of its network."), Begins([0x1E, 0xF1, 0xEE, 0x0B])),
        (Other("firmware for Matter (OTA image)", "Update it over Matter, with an OTA provider."), Begins([0x1E, 0xF1, 0xEE, 0x1B])),
        (ZipKinds.Suit, (content, _) => content is [0xD8, 0x6B, >= 0xA1 and <= 0xBF, ..]),
        (Other("firmware for STMicroelectronics' DfuSe"), Begins("DfuSe"u8)),
        (Other("firmware for Silicon Labs' Gecko bootloader"), Begins([0xEB, 0x17, 0xA6, 0x03])),
        (Other("a gzip archive", Unpack), Begins([0x1F, 0x8B, 0x08])),
        (Other("an xz archive", Unpack), Begins([0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0])),
        (Other("a bzip2 archive", Unpack), Begins("BZh"u8)),
        (Other("a zstd archive", Unpack), Begins([0x28, 0xB5, 0x2F, 0xFD])),
        (Other("a 7z archive", Unpack), Begins([(byte)'7', (byte)'z', 0xBC, 0xAF, 0x27, 0x1C])),
        (Other("a rar archive", Unpack), Begins([(byte)'R', (byte)'a', (byte)'r', (byte)'!', 0x1A, 0x07])),
        (Other("a tar archive", Unpack), (content, _) => content.Length > 262 && content[257..].StartsWith("ustar"u8)),
        (Other("a static library or Debian package (ar archive)"), Begins("!<arch>\n"u8)),
        (Other("a PDF document"), Begins("%PDF-"u8)),
        (Other("a picture"), (content, _) => IsPicture(content)),
        (Other("an SQLite database"), Begins("SQLite format 3\0"u8)),
        (Other("a Windows program"), (content, _) => IsWindowsProgram(content)),
        (Other("a macOS program"), (content, _) => IsMacProgram(content)),

        (Other("a Git LFS pointer: the file itself was not downloaded", FetchLfs), TextBegins("version https://git-lfs")),
        (Other("a git-annex pointer: the file itself was not downloaded", "Run 'git annex get' in the repository it comes from."),
            TextBegins("/annex/objects/")),
        (Other("a web page (HTML), not the file behind it", Download), (content, _) => IsHtml(Head(content))),
        (Other("an XML file"), TextBegins("<?xml")),
        (Key("a certificate"), TextHas("-----BEGIN CERTIFICATE")),
        (Key("a key"), (content, _) => IsPemKey(Head(content))),
        (Key("a public key for SSH"), (content, _) => IsSshKey(Head(content))),
        (Key("a key or certificate in DER form"), (content, _) => IsDer(content)),
        (Firmware("firmware in Intel HEX form, but saved as UTF-16 text", "Save it as plain text (ASCII or UTF-8)"),
            (content, _) => content is [0xFF, 0xFE, (byte)':', 0, ..]),
        (new(FileFamily.IntelHex, "firmware in Intel HEX form, not a package", MakePackage), (content, _) => IsIntelHex(content)),
        (Firmware("firmware in Motorola S-record form", "Make a HEX file of it with 'objcopy -I srec -O ihex'"), (content, _) => IsSRecord(content)),
        (Other("the manifest of a package without the rest", "Give the zip as it was made, not unpacked."), (content, _) => IsManifest(Head(content))),
        (new(FileFamily.Text, "a JSON file"), (content, _) => Head(content) is ['{' or '[', ..] && IsText(content)),
        (new(FileFamily.Text, "a text file"), (content, _) => IsText(content)),

        (Other("an init packet (.dat), one part of a package", "Give the zip as it was made, not unpacked.", "The firmware is the .bin file beside it."),
            (content, extension) => InitPacket.TryParse(content, out _, out _)),
        (new(FileFamily.Binary, "a SoftDevice in BIN form, not a package", MakePackage), (content, extension) => SoftDeviceInfo.TryRead(content, out _)),
        (new(FileFamily.Binary, "firmware in BIN form, not a package", MakePackage),
            (content, extension) => VectorTable.TryRead(content, out _) || extension is ".bin" or ".img"),
        (Other("a file called HEX that is no Intel HEX text", TryAgain), (_, extension) => extension is ".hex" or ".ihex"),
    ];

    private delegate bool Test(ReadOnlySpan<byte> content, string extension);

    /// <summary>What a file is.</summary>
    /// <param name="content">The file, whole.</param>
    /// <param name="path">Its name, which decides where the content does not; may be empty.</param>
    /// <returns>Null when neither tells.</returns>
    public static FileKind? Recognise(ReadOnlySpan<byte> content, string path)
    {
        var extension = Path.GetExtension(path).ToLowerInvariant();
        foreach (var (kind, fits) in Table)
        {
            if (fits(content, extension)) return kind == ZipArchive ? ZipKinds.Of(content) : kind;
        }

        return null;
    }

    internal static bool IsIntelHex(ReadOnlySpan<byte> content) =>
        WithoutMark(content).TrimStart(" \t\r\n"u8) is [(byte)':', .. { Length: >= 10 } rest] && !rest[..10].ContainsAnyExcept(HexDigits);

    /// <summary>Without the mark of byte order that some editors put before UTF-8 text.</summary>
    internal static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> content) =>
        content.StartsWith("\uFEFF"u8) ? content[3..] : content;

    /// <remarks>MCUboot, bootutil/image.h: IMAGE_MAGIC, and IMAGE_MAGIC_V1 of its first releases.</remarks>
    internal static bool IsMcuboot(ReadOnlySpan<byte> content) =>
        content.Length >= 32 && BinaryPrimitives.ReadUInt32LittleEndian(content) is 0x96F3B83D or 0x96F3B83C;

    private static FileKind Blank(string name) => new(FileFamily.Blank, name, TryAgain);

    private static FileKind Other(string name, string? insteadOfPackage = null, string? insteadOfFirmware = null) =>
        new(FileFamily.Other, name, insteadOfPackage, insteadOfFirmware);

    /// <summary>Firmware that must be made another file first.</summary>
    private static FileKind Firmware(string name, string how) =>
        new(FileFamily.Other, name, $"{how}, and a package of that with 'dfu package create'.", $"{how}.");

    private static FileKind Key(string name) => new(FileFamily.Key, name);

    private static Test Begins(ReadOnlySpan<byte> magic)
    {
        var bytes = magic.ToArray();
        return (content, _) => content.StartsWith(bytes);
    }

    private static Test TextBegins(string start) => (content, _) => Head(content) is { } text && text.StartsWith(start, StringComparison.OrdinalIgnoreCase);

    private static Test TextHas(string part) => (content, _) => Head(content) is { } text && text.Contains(part, StringComparison.Ordinal);

    /// <summary>The first two kilobytes as text without the white space before it; null when that is no text. UTF-16 is read if a mark says so.</summary>
    private static string? Head(ReadOnlySpan<byte> content)
    {
        var start = content[..Math.Min(content.Length, 2048)];
        if (start is [0xFF, 0xFE, ..]) return Encoding.Unicode.GetString(start[2..]).TrimStart();
        start = WithoutMark(start);
        return start.IndexOf((byte)0) >= 0 ? null : Encoding.UTF8.GetString(start).TrimStart();
    }

    private static bool IsHtml(string? text) => text is ['<', ..]
        && (text.StartsWith("<head", StringComparison.OrdinalIgnoreCase)
            || text.Contains("<html", StringComparison.OrdinalIgnoreCase) || text.Contains("<!doctype html", StringComparison.OrdinalIgnoreCase));

    private static bool IsPemKey(string? text) =>
        text is not null && text.Contains("-----BEGIN ", StringComparison.Ordinal) && text.Contains("KEY-----", StringComparison.Ordinal);

    private static bool IsSshKey(string? text) =>
        text is not null && (text.StartsWith("ssh-", StringComparison.Ordinal) || text.StartsWith("ecdsa-sha2-", StringComparison.Ordinal));

    private static bool IsManifest(string? text) =>
        text is ['{', ..] && text.Contains("\"manifest\"", StringComparison.Ordinal) && text.Contains("_file\"", StringComparison.Ordinal);

    private static bool IsText(ReadOnlySpan<byte> content)
    {
        if (content is [0xFF, 0xFE, ..]) return content[2..].IndexOf((byte)0) > 0;
        foreach (var value in content)
        {
            if (value < 0x20 && value is not ((byte)'\t' or (byte)'\r' or (byte)'\n' or (byte)'\f')) return false;
        }

        return System.Text.Unicode.Utf8.IsValid(content);
    }

    private static bool IsSRecord(ReadOnlySpan<byte> content)
    {
        var line = WithoutMark(content).TrimStart(" \t\r\n"u8);
        var end = line.IndexOfAny((byte)'\r', (byte)'\n');
        if (end >= 0) line = line[..end];
        return line is [(byte)'S', >= (byte)'0' and <= (byte)'9', .. { Length: >= 8 } digits] && !digits.TrimEnd(" \t"u8).ContainsAnyExcept(HexDigits);
    }

    private static bool IsPicture(ReadOnlySpan<byte> content) =>
        content.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G']) || content.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF])
        || content.StartsWith("GIF8"u8);

    private static bool IsMacProgram(ReadOnlySpan<byte> content) =>
        content.Length >= 4 && BinaryPrimitives.ReadUInt32LittleEndian(content) is 0xFEEDFACE or 0xFEEDFACF;

    private static bool IsWindowsProgram(ReadOnlySpan<byte> content)
    {
        if (content.Length < 64 || !content.StartsWith("MZ"u8)) return false;
        var at = BinaryPrimitives.ReadUInt32LittleEndian(content[60..]);
        return at < content.Length && content[(int)at..].StartsWith("PE\0\0"u8);
    }

    /// <summary>One ASN.1 sequence that is as long as the file, and begins as keys and certificates do.</summary>
    private static bool IsDer(ReadOnlySpan<byte> content) => content switch
    {
        [0x30, < 0x80 and var length, 0x02 or 0x30, ..] => content.Length == length + 2,
        [0x30, 0x81, var length, 0x02 or 0x30, ..] => content.Length == length + 3,
        [0x30, 0x82, var high, var low, 0x02 or 0x30, ..] => content.Length == (high << 8) + low + 4,
        _ => false,
    };
}
