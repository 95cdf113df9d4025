using System.Buffers.Binary;
using System.IO.Hashing;

namespace Dfu.Adapters.Simulated.Bootloader;

/// <summary>Goes on from a CRC-32 that was stored as a number, as the bootloader does after a reset; <see cref="Crc32"/> only begins anew.</summary>
internal static class StoredCrc
{
    /// <summary>The CRC of earlier bytes followed by <paramref name="bytes"/>.</summary>
    /// <param name="crc">That of the earlier bytes, 0 for none.</param>
    /// <remarks>
    /// The register of a reflected CRC is added to the bytes as they come. A stored CRC is what it differs by from the register
    /// at the beginning, so adding that to the first four bytes gives the same; what fewer bytes do not take up stays in the register.
    /// </remarks>
    public static uint Continue(uint crc, ReadOnlySpan<byte> bytes)
    {
        var taken = Math.Min(bytes.Length, sizeof(uint));
        Span<byte> first = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(first, crc);
        for (var i = 0; i < taken; i++) first[i] ^= bytes[i];
        var hash = new Crc32();
        hash.Append(first[..taken]);
        hash.Append(bytes[taken..]);
        return hash.GetCurrentHashAsUInt32() ^ (uint)((ulong)crc >> (8 * taken));
    }
}
