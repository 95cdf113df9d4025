using System.IO.Compression;
using System.IO.Hashing;
using Dfu.Protocol.Errors;

namespace Dfu.Protocol.Packages;

/// <summary>One entry of a zip as its central directory describes it; sizes in bytes.</summary>
internal sealed record ZipEntry
{
    public const int Stored = 0;
    public const int Deflated = 8;

    /// <summary>Deflate cannot make a byte stand for more than this many.</summary>
    private const long MaxRatio = 1032;

    public required string Name { get; init; }
    public required int Method { get; init; }
    public required uint Crc { get; init; }
    public required long CompressedSize { get; init; }
    public required long Size { get; init; }

    /// <summary>Where the local header begins and where the entry's data end, in the file.</summary>
    public required long Start { get; init; }
    public required long End { get; init; }

    /// <summary>The entry's content; takes at most <see cref="Size"/> bytes of memory beside the compressed ones.</summary>
    public byte[] Extract(ReadOnlyMemory<byte> zip)
    {
        var compressed = zip.Slice((int)(End - CompressedSize), (int)CompressedSize);
        var content = Method == Stored ? Copy(compressed) : Inflate(compressed);
        return Crc32.HashToUInt32(content) == Crc ? content : throw Damaged("its CRC-32 differs from the one in the zip's directory");
    }

    private byte[] Copy(ReadOnlyMemory<byte> stored) =>
        stored.Length == Size ? stored.ToArray() : throw Damaged("it is stored as it is, yet its two sizes differ");

    private byte[] Inflate(ReadOnlyMemory<byte> compressed)
    {
        if (Size > CompressedSize * MaxRatio) throw TooLarge($"claims {Size} bytes out of {CompressedSize} compressed ones, more than deflate can do");
        try
        {
            using var deflate = new DeflateStream(new MemoryStream(compressed.ToArray(), writable: false), CompressionMode.Decompress);
            var content = new byte[Size];
            if (deflate.ReadAtLeast(content, content.Length, throwOnEndOfStream: false) < content.Length)
                throw Damaged($"it ends before the {Size} bytes it claims");
            return deflate.ReadByte() < 0 ? content : throw TooLarge($"holds more than the {Size} bytes it claims");
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw Damaged("its compressed data make no sense");
        }
    }

    private DfuException TooLarge(string what) => new(DfuError.PackageTooLarge, $"{OneLine.Quoted(Name)} {what}");

    private DfuException Damaged(string what) => new(DfuError.PackageNotAZip, $"{OneLine.Quoted(Name)} is damaged: {what}");
}
