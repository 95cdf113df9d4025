using System.Buffers.Binary;
using System.Text;

namespace Dfu.Protocol.Packages;

/// <summary>
/// The names in a zip that is not going to be read: no more is looked at than its directory, and nothing in it is believed. Of many names the
/// first are kept, and those that tell what the archive is.
/// </summary>
internal static class ZipNames
{
    private const int Kept = 64;
    private const uint DirectorySignature = 0x02014b50;
    private const int DirectoryBytes = 46;
    private const int EndBytes = 22;

    /// <returns>Empty when there is no directory.</returns>
    public static IReadOnlyCollection<string> Of(ReadOnlySpan<byte> zip)
    {
        var (first, telling) = (new List<string>(), new HashSet<string>());
        var tail = zip[Math.Max(0, zip.Length - EndBytes - ushort.MaxValue)..];
        var end = tail.LastIndexOf("PK\x05\x06"u8);
        if (end < 0 || tail.Length - end < EndBytes) return first;
        long at = BinaryPrimitives.ReadUInt32LittleEndian(tail[(end + 16)..]);
        while (at + DirectoryBytes <= zip.Length && BinaryPrimitives.ReadUInt32LittleEndian(zip[(int)at..]) == DirectorySignature)
        {
            var header = zip[(int)at..];
            var length = BinaryPrimitives.ReadUInt16LittleEndian(header[28..]);
            if (DirectoryBytes + length > header.Length) break;
            var name = header.Slice(DirectoryBytes, length);
            if (first.Count < Kept) first.Add(Encoding.UTF8.GetString(name));
            else if (telling.Count < Kept && ZipKinds.IsTelling(name)) telling.Add(Encoding.UTF8.GetString(name));
            at += DirectoryBytes + length + BinaryPrimitives.ReadUInt16LittleEndian(header[30..]) + BinaryPrimitives.ReadUInt16LittleEndian(header[32..]);
        }

        return [.. first, .. telling];
    }
}
