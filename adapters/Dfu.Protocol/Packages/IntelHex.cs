using System.Collections;
using Dfu.Protocol.Errors;

namespace Dfu.Protocol.Packages;

/// <summary>The flash content of a HEX file: bytes from address <paramref name="Start"/> on, gaps filled with 0xFF as erased flash is.</summary>
public sealed record HexImage(uint Start, ReadOnlyMemory<byte> Bytes);

/// <summary>Reads Intel HEX (record types 00 to 05).</summary>
/// <remarks>Intel, Hexadecimal Object File Format Specification, revision A (1988).</remarks>
public static class IntelHex
{
    /// <summary>Everything from here on is not flash (the UICR lies here): Nordic's tool leaves it out of packages, so does this.</summary>
    private const uint FlashEnd = 0x1000_0000;

    /// <param name="text">The file; any line endings.</param>
    /// <param name="dropBelow">Bytes at lower addresses are left out.</param>
    /// <exception cref="DfuException">
    /// <see cref="DfuError.FirmwareInvalid"/>, naming the line; also when the bytes overlap, span more than 16 MiB, or there are none.
    /// </exception>
    public static HexImage Read(ReadOnlySpan<byte> text, uint dropBelow = 0)
    {
        var (first, end) = Span(text, dropBelow);
        if (first >= end) throw new DfuException(DfuError.FirmwareInvalid, "the HEX file holds no firmware bytes");
        if (end - first > PackageLimits.ImageBytes)
            throw new DfuException(DfuError.FirmwareInvalid, $"the HEX file spans 0x{first:x8} to 0x{end - 1:x8}, more than {PackageLimits.ImageBytes} bytes");

        var bytes = new byte[end - first];
        Array.Fill(bytes, (byte)0xFF);
        var given = new BitArray(bytes.Length);
        var records = new HexRecords(text);
        while (records.MoveNext())
        {
            var data = InFlash(ref records, dropBelow, out var address);
            for (var i = 0; i < data.Length; i++)
            {
                var at = (int)(address - first) + i;
                if (given[at]) throw new DfuException(DfuError.FirmwareInvalid, $"line {records.Line}: the byte at 0x{address + i:x8} was given before");
                given[at] = true;
                bytes[at] = data[i];
            }
        }

        return new HexImage((uint)first, bytes);
    }

    private static (long First, long End) Span(ReadOnlySpan<byte> text, uint dropBelow)
    {
        var (first, end) = (long.MaxValue, 0L);
        var records = new HexRecords(text);
        while (records.MoveNext())
        {
            var data = InFlash(ref records, dropBelow, out var address);
            if (data.IsEmpty) continue;
            (first, end) = (Math.Min(first, address), Math.Max(end, address + data.Length));
        }

        return (first, end);
    }

    private static ReadOnlySpan<byte> InFlash(ref HexRecords records, uint dropBelow, out long address)
    {
        address = Math.Max(records.Address, dropBelow);
        var end = Math.Min(records.Address + records.Data.Length, FlashEnd);
        return address < end ? records.Data[(int)(address - records.Address)..(int)(end - records.Address)] : default;
    }
}
