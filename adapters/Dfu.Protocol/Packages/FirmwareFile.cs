using Dfu.Protocol.Errors;

namespace Dfu.Protocol.Packages;

/// <summary>A firmware image to be packed.</summary>
/// <param name="Name">What its entries in the package are called, without extension.</param>
/// <param name="Bytes">As they lie in flash; the writer pads them to words.</param>
public sealed record FirmwareFile(string Name, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>The master boot record ends here: a SoftDevice's HEX file brings one, packages leave it out.</summary>
    private const uint MbrEnd = SoftDeviceInfo.Start;

    private const int MaxFileBytes = 64 << 20;

    /// <summary>What a HEX file says besides the bytes; null for a BIN, which says nothing.</summary>
    public HexImage? Hex { get; init; }

    /// <summary>Reads BIN or Intel HEX; the content tells which.</summary>
    /// <param name="path">The file the linker wrote.</param>
    /// <param name="part">Which part of the package it is: application, SoftDevice or bootloader.</param>
    /// <exception cref="DfuException"><see cref="DfuError.PackageNotFound"/> or <see cref="DfuError.FirmwareInvalid"/>.</exception>
    public static FirmwareFile Load(string path, ImageType part)
    {
        var content = BoundedFile.Read(path, MaxFileBytes, DfuError.PackageNotFound, DfuError.FirmwareInvalid);
        try
        {
            return Decode(path, content, part);
        }
        catch (DfuException e)
        {
            throw new DfuException(e.Error, $"{OneLine.Path(path)}: {e.Message}", e) { Remedy = e.Remedy };
        }
    }

    private static FirmwareFile Decode(string path, byte[] content, ImageType part)
    {
        var name = Path.GetFileNameWithoutExtension(path);
        var kind = FileKinds.Recognise(content, path);
        var isHex = kind is { Family: FileFamily.IntelHex }
            || (kind is null or { Family: FileFamily.Text } && Path.GetExtension(path).Equals(".hex", StringComparison.OrdinalIgnoreCase));
        if (!isHex)
        {
            // A blank image can be packed, were it not for its looks; of an empty one there is nothing to pack.
            if (kind is null or { Family: FileFamily.Binary } || (kind.Family == FileFamily.Blank && content.Length > 0)) return new(name, content);
            throw Invalid(kind);
        }

        var image = IntelHex.Read(content, part == ImageType.SoftDevice ? MbrEnd : 0);
        if (FileKinds.IsMcuboot(image.Bytes.Span)) throw Invalid(FileKinds.McubootImage);
        if (image.Start < MbrEnd && part != ImageType.SoftDevice) throw BelowFlash(image);
        return new(name, image.Bytes) { Hex = image };
    }

    private static DfuException BelowFlash(HexImage image)
    {
        var what = SoftDeviceInfo.TryRead(image.Bytes.Span, image.Start, out var softDevice)
            ? $", and it holds SoftDevice {SoftDevices.Describe(softDevice.Id)}"
            : "";
        return new(
            DfuError.FirmwareInvalid,
            $"it has bytes at 0x{image.Start:x}, but everything below 0x{MbrEnd:x} belongs to the master boot record{what}")
        {
            Remedy = what.Length == 0
                ? "Give the part's own file, linked for the address behind the SoftDevice (0x1000 without one)."
                : "Give a SoftDevice with --softdevice, and each part its own file, not merged ones.",
        };
    }

    private static DfuException Invalid(FileKind kind) => new(DfuError.FirmwareInvalid, $"this is {kind.Name}") { Remedy = kind.RemedyFor(FileUse.Firmware) };
}
