using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;

namespace Dfu.Protocol.Tests.Packages;

/// <summary>Writes zips byte by byte, right ones and wrong ones: every header field can be falsified.</summary>
internal sealed class RawZip
{
    public sealed class Entry
    {
        public required string Name { get; set; }
        public required byte[] Content { get; set; }
        public bool Deflate { get; set; }
        public ushort Flags { get; set; }
        public ushort? Method { get; set; }
        public uint? Crc { get; set; }
        public uint? Size { get; set; }
        public uint? CompressedSize { get; set; }
        public uint? Offset { get; set; }
        public string? LocalName { get; set; }
        public uint ExternalAttributes { get; set; }
    }

    public List<Entry> Entries { get; } = [];
    public ushort? Count { get; set; }
    public uint? DirectoryOffset { get; set; }
    public ushort Disk { get; set; }

    public RawZip()
    {
    }

    public RawZip(byte[] zip)
    {
        using var archive = new ZipArchive(new MemoryStream(zip));
        foreach (var entry in archive.Entries)
        {
            using var stream = entry.Open();
            var content = new byte[entry.Length];
            stream.ReadExactly(content);
            this[entry.FullName] = content;
        }
    }

    public byte[] this[string name]
    {
        get => Named(name).Content;
        set
        {
            if (Entries.Find(entry => entry.Name == name) is { } entry) entry.Content = value;
            else Entries.Add(new Entry { Name = name, Content = value });
        }
    }

    public Entry Named(string name) => Entries.Single(entry => entry.Name == name);

    public void Replace(string name, string text, string by)
    {
        var content = Encoding.UTF8.GetString(this[name]);
        Assert.Contains(text, content, StringComparison.Ordinal);
        this[name] = Encoding.UTF8.GetBytes(content.Replace(text, by, StringComparison.Ordinal));
    }

    public byte[] ToBytes(bool deflate = false)
    {
        var files = new MemoryStream();
        var directory = new MemoryStream();
        foreach (var entry in Entries)
        {
            var deflated = (deflate || entry.Deflate) && entry.Content.Length > 0;
            var data = deflated ? Compress(entry.Content) : entry.Content;
            var method = entry.Method ?? (ushort)(deflated ? 8 : 0);
            var (compressed, size) = (entry.CompressedSize ?? (uint)data.Length, entry.Size ?? (uint)entry.Content.Length);
            var crc = entry.Crc ?? Crc32.HashToUInt32(entry.Content);
            byte[] common = [.. U16(20), .. U16(entry.Flags), .. U16(method), .. U32(0), .. U32(crc), .. U32(compressed), .. U32(size)];
            var offset = (uint)files.Length;
            var (name, localName) = (Encoding.UTF8.GetBytes(entry.Name), Encoding.UTF8.GetBytes(entry.LocalName ?? entry.Name));
            files.Write([.. U32(0x04034b50), .. common, .. U16(localName.Length), .. U16(0), .. localName, .. data]);
            directory.Write([
                .. U32(0x02014b50), .. U16(20), .. common, .. U16(name.Length), .. U16(0), .. U16(0), .. U16(0), .. U16(0),
                .. U32(entry.ExternalAttributes), .. U32(entry.Offset ?? offset), .. name]);
        }

        var count = Count ?? Entries.Count;
        byte[] end =
        [
            .. U32(0x06054b50), .. U16(Disk), .. U16(Disk), .. U16(count), .. U16(count),
            .. U32((uint)directory.Length), .. U32(DirectoryOffset ?? (uint)files.Length), .. U16(0),
        ];
        return [.. files.ToArray(), .. directory.ToArray(), .. end];
    }

    private static byte[] Compress(byte[] content)
    {
        var compressed = new MemoryStream();
        using (var deflate = new DeflateStream(compressed, CompressionLevel.SmallestSize, leaveOpen: true)) deflate.Write(content);
        return compressed.ToArray();
    }

    private static byte[] U16(int value)
    {
        var bytes = new byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)value);
        return bytes;
    }

    private static byte[] U32(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }
}
