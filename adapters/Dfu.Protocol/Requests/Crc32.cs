namespace Dfu.Protocol.Requests;

/// <summary>CRC-32 as the bootloader computes it: IEEE 802.3, reflected, initial value and final xor 0xFFFFFFFF.</summary>
public static class Crc32
{
    private static readonly uint[] Table = MakeTable();

    public static uint Of(ReadOnlySpan<byte> bytes) => Continue(0, bytes);

    /// <summary>The CRC of earlier bytes followed by <paramref name="bytes"/>, given the CRC of the earlier ones (0 for none).</summary>
    public static uint Continue(uint crc, ReadOnlySpan<byte> bytes)
    {
        crc = ~crc;
        foreach (var b in bytes) crc = Table[(byte)(crc ^ b)] ^ (crc >> 8);
        return ~crc;
    }

    private static uint[] MakeTable()
    {
        var table = new uint[256];
        for (uint n = 0; n < 256; n++)
        {
            var c = n;
            for (var k = 0; k < 8; k++) c = (c & 1) != 0 ? 0xEDB88320u ^ (c >> 1) : c >> 1;
            table[n] = c;
        }

        return table;
    }
}
