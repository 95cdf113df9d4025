using System.Buffers;
using Dfu.Protocol.Errors;

namespace Dfu.Protocol.Packages;

/// <summary>A firmware image to be packed.</summary>
/// <param name="Name">What its entries in the package are called, without extension.</param>
/// <param name="Bytes">As they lie in flash; the writer pads them to words.</param>
public sealed record FirmwareFile(string Name, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>The master boot record ends here: a SoftDevice's HEX file brings one, packages leave it out.</summary>
    private const uint MbrEnd = 0x1000;

    private const int MaxFileBytes = 64 << 20;

    private static readonly SearchValues<byte> HexDigits = SearchValues.Create("0123456789ABCDEFabcdef"u8);

    /// <summary>Reads BIN or Intel HEX; the content tells which.</summary>
    /// <param name="path">The file the linker wrote.</param>
    /// <param name="part">Which part of the package it is: application, SoftDevice or bootloader.</param>
    /// <exception cref="DfuException"><see cref="DfuError.PackageNotFound"/> or <see cref="DfuError.FirmwareInvalid"/>.</exception>
    public static FirmwareFile Load(string path, ImageType part)
    {
        var content = BoundedFile.Read(path, MaxFileBytes, DfuError.PackageNotFound, DfuError.FirmwareInvalid);
        try
        {
            return new FirmwareFile(Path.GetFileNameWithoutExtension(path), Decode(content, part, IsHex(path, content)));
        }
        catch (DfuException e)
        {
            throw new DfuException(e.Error, $"{OneLine.Path(path)}: {e.Message}", e);
        }
    }

    private static ReadOnlyMemory<byte> Decode(byte[] content, ImageType part, bool isHex)
    {
        if (content.AsSpan().StartsWith("\x7FELF"u8)) throw Invalid("this is an ELF file, make a HEX or BIN file of it with objcopy");
        if (content.AsSpan().StartsWith("PK\x03\x04"u8)) throw Invalid("this is a zip archive, not a firmware image");
        if (!isHex) return content;

        var image = IntelHex.Read(content, part == ImageType.SoftDevice ? MbrEnd : 0);
        if (image.Start < MbrEnd && part != ImageType.SoftDevice)
            throw Invalid($"it has bytes at 0x{image.Start:x}, but everything below 0x{MbrEnd:x} belongs to the master boot record");
        return image.Bytes;
    }

    private static bool IsHex(string path, ReadOnlySpan<byte> content) =>
        Path.GetExtension(path).Equals(".hex", StringComparison.OrdinalIgnoreCase)
        || (content is [(byte)':', .. { Length: >= 10 } rest] && !rest[..10].ContainsAnyExcept(HexDigits));

    private static DfuException Invalid(string what) => new(DfuError.FirmwareInvalid, what);
}
