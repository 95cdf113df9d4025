using System.Buffers.Binary;
using System.Text;
using Dfu.Protocol.Errors;

namespace Dfu.Protocol.Packages;

/// <summary>
/// Safe access to the entries of a zip in memory. The directory is checked whole before any entry is read: names stay
/// inside the package and are unique, sizes are bounded, headers agree with the directory, no two entries share bytes.
/// </summary>
/// <remarks>APPNOTE.TXT 6.3: local header 4.3.7, central directory 4.3.12, end record 4.3.16. Neither zip64 nor encryption: no package needs them.</remarks>
internal sealed class ZipEntries
{
    private const uint LocalSignature = 0x04034b50;
    private const uint DirectorySignature = 0x02014b50;
    private const uint EndSignature = 0x06054b50;
    private const uint Zip64LocatorSignature = 0x07064b50;
    private const int LocalBytes = 30;
    private const int DirectoryBytes = 46;
    private const int EndBytes = 22;
    private const int Zip64LocatorBytes = 20;

    private readonly ReadOnlyMemory<byte> _zip;
    private readonly Dictionary<string, ZipEntry> _entries = new(StringComparer.OrdinalIgnoreCase);

    private ZipEntries(ReadOnlyMemory<byte> zip) => _zip = zip;

    public IEnumerable<string> Names => _entries.Keys;

    /// <exception cref="DfuException">The zip is damaged, unsafe or too large.</exception>
    public static ZipEntries Open(ReadOnlyMemory<byte> zip)
    {
        if (zip.Length > PackageLimits.ZipBytes)
            throw new DfuException(DfuError.PackageTooLarge, $"the package has {zip.Length} bytes, at most {PackageLimits.ZipBytes} are read");
        var entries = new ZipEntries(zip);
        entries.ReadDirectory();
        return entries;
    }

    /// <summary>The entry's name as it is in the zip, which may differ in case; null when there is none.</summary>
    public string? Find(string name) => _entries.GetValueOrDefault(name)?.Name;

    /// <param name="name">As in the zip; upper and lower case make no difference, for no two entries differ in nothing else.</param>
    /// <param name="limit">Most bytes the content may have.</param>
    /// <param name="tooLarge">What it means when it has more.</param>
    public byte[] Read(string name, int limit, DfuError tooLarge)
    {
        CheckName(name);
        if (!_entries.TryGetValue(name, out var entry)) throw new DfuException(DfuError.PackageEntryMissing, $"{OneLine.Quoted(name)} is not in the package");
        if (entry.Size > limit) throw new DfuException(tooLarge, $"{OneLine.Quoted(name)} has {entry.Size} bytes, at most {limit} are allowed");
        return entry.Extract(_zip);
    }

    private void ReadDirectory()
    {
        var zip = _zip.Span;
        var (offset, end, count) = FindDirectory(zip);
        if (count > PackageLimits.Entries)
            throw new DfuException(DfuError.PackageTooLarge, $"the package has {count} entries, at most {PackageLimits.Entries} are read");
        var directoryStart = offset;
        long total = 0;
        for (var i = 0; i < count; i++)
        {
            var (entry, length) = ReadEntry(zip, offset, end, directoryStart);
            if (!_entries.TryAdd(entry.Name, entry))
                throw new DfuException(DfuError.PackageEntryDoubled, $"{OneLine.Quoted(entry.Name)} is in the package twice");
            if ((total += entry.Size) > PackageLimits.ZipBytes)
                throw new DfuException(DfuError.PackageTooLarge, $"the package's entries unpack to more than {PackageLimits.ZipBytes} bytes");
            offset += length;
        }

        if (offset != end) throw Damaged("its directory is longer than its entries");
        RefuseOverlaps();
    }

    private static (int Offset, int End, int Count) FindDirectory(ReadOnlySpan<byte> zip)
    {
        var end = zip.Length - EndBytes;
        var last = Math.Max(0, end - ushort.MaxValue);
        while (end >= last && !(U32(zip, end) == EndSignature && end + EndBytes + U16(zip, end + 20) == zip.Length)) end--;
        if (end < last)
            throw NoEnd(zip);

        var (count, size, offset) = (U16(zip, end + 10), U32(zip, end + 12), U32(zip, end + 16));
        if (count == ushort.MaxValue || size == uint.MaxValue || offset == uint.MaxValue
            || (end >= Zip64LocatorBytes && U32(zip, end - Zip64LocatorBytes) == Zip64LocatorSignature))
            throw new DfuException(DfuError.PackageTooLarge, "the package is in zip64 form, which only archives above 4 GiB need");
        if (U16(zip, end + 4) != 0 || U16(zip, end + 6) != 0 || U16(zip, end + 8) != count) throw Damaged("it is one part of several");
        if ((long)offset + size != end) throw Damaged("its directory is not where its end says");
        return ((int)offset, end, count);
    }

    private static (ZipEntry Entry, int Length) ReadEntry(ReadOnlySpan<byte> zip, int at, int end, int directoryStart)
    {
        if (end - at < DirectoryBytes || U32(zip, at) != DirectorySignature) throw Damaged("its directory is cut short or overwritten");
        var header = zip[at..end];
        var nameBytes = U16(header, 28);
        var length = DirectoryBytes + nameBytes + U16(header, 30) + U16(header, 32);
        if (length > header.Length) throw Damaged("its directory is cut short");

        var rawName = header.Slice(DirectoryBytes, nameBytes);
        var name = Encoding.UTF8.GetString(rawName);
        CheckName(name);
        var (flags, method) = (U16(header, 8), U16(header, 10));
        uint crc = U32(header, 16), compressed = U32(header, 20), size = U32(header, 24), start = U32(header, 42);
        if (compressed == uint.MaxValue || size == uint.MaxValue || start == uint.MaxValue)
            throw new DfuException(DfuError.PackageTooLarge, $"{OneLine.Quoted(name)} claims 4 GiB or more");
        if (size > PackageLimits.ImageBytes)
            throw new DfuException(DfuError.PackageTooLarge, $"{OneLine.Quoted(name)} has {size} bytes, at most {PackageLimits.ImageBytes} are allowed");
        if ((flags & 0x2041) != 0) throw Unreadable($"{OneLine.Quoted(name)} is encrypted", "Unpack it with its password, and zip the files without one.");
        if (method is not (ZipEntry.Stored or ZipEntry.Deflated))
        {
            throw Unreadable(
                $"{OneLine.Quoted(name)} is compressed by method {method}; only stored and deflated are known",
                "Unpack it, and zip the files as 'zip' does by default.");
        }

        if ((U32(header, 38) >> 28) == 0xA) throw new DfuException(DfuError.PackageEntryUnsafe, $"{OneLine.Quoted(name)} is a symbolic link");

        var dataStart = CheckLocalHeader(zip[..directoryStart], start, name, rawName, method);
        if (dataStart + compressed > directoryStart) throw Damaged($"{OneLine.Quoted(name)} is cut short");
        var dataEnd = dataStart + compressed;
        return (new ZipEntry { Name = name, Method = method, Crc = crc, CompressedSize = compressed, Size = size, Start = start, End = dataEnd }, length);
    }

    /// <summary>Some tools believe the local header, some the directory: a package on which they differ is refused.</summary>
    private static long CheckLocalHeader(ReadOnlySpan<byte> files, long start, string name, ReadOnlySpan<byte> rawName, int method)
    {
        if (start + LocalBytes > files.Length || U32(files, (int)start) != LocalSignature)
            throw Damaged($"{OneLine.Quoted(name)} is not where the directory says");
        var header = files[(int)start..];
        var nameBytes = U16(header, 26);
        var headerBytes = LocalBytes + nameBytes + U16(header, 28);
        if (headerBytes > header.Length) throw Damaged($"{OneLine.Quoted(name)} is cut short");
        if (!header.Slice(LocalBytes, nameBytes).SequenceEqual(rawName) || U16(header, 8) != method)
            throw Damaged($"{OneLine.Quoted(name)} has another name or method in the directory");
        return start + headerBytes;
    }

    private void RefuseOverlaps()
    {
        long end = 0;
        foreach (var entry in _entries.Values.OrderBy(entry => entry.Start))
        {
            if (entry.Start < end) throw Damaged($"{OneLine.Quoted(entry.Name)} shares bytes with another entry");
            end = entry.End;
        }
    }

    private static void CheckName(string name)
    {
        var unsafeName = name.Length == 0 || name[0] is '/' or '\\' || name.Any(char.IsControl)
            || (name.Length > 1 && name[1] == ':') || name.Split('/', '\\').Contains("..");
        if (unsafeName) throw new DfuException(DfuError.PackageEntryUnsafe, $"{OneLine.Quoted(name)} is no name for a file inside a package");
    }

    private static DfuException NoEnd(ReadOnlySpan<byte> zip)
    {
        if (zip.Length < 4 || U32(zip, 0) != LocalSignature)
            return Unreadable("it is not a zip archive, and so no package", "Give the zip that 'dfu package create' or Nordic's nrfutil made.");
        var hasDirectory = zip.LastIndexOf("PK\x05\x06"u8) > 0;
        return Damaged(hasDirectory ? "its directory is not at its end: bytes were lost or added there" : "it is cut short, its directory is missing");
    }

    private static DfuException Damaged(string what) => new(DfuError.PackageNotAZip, what.StartsWith('\'') ? what : $"the package is damaged: {what}");

    /// <summary>Nothing is wrong with it but the way it was packed.</summary>
    private static DfuException Unreadable(string what, string remedy) => new(DfuError.PackageNotAZip, what) { Remedy = remedy };

    private static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
}
