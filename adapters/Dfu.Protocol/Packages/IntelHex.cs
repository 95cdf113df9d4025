using System.Buffers.Binary;
using System.Collections;
using Dfu.Protocol.Errors;

namespace Dfu.Protocol.Packages;

/// <summary>The flash content of a HEX file: bytes from address <paramref name="Start"/> on, gaps filled with 0xFF as erased flash is.</summary>
public sealed record HexImage(uint Start, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>What the file gives of it; the rest are gaps.</summary>
    public IReadOnlyList<AddressRange> Given { get; init; } = [];

    /// <summary>What the file has above flash, and packages cannot.</summary>
    public IReadOnlyList<AddressRange> LeftOut { get; init; } = [];

    /// <summary>Where a bootloader begins, by the UICR record that bootloaders bring along; null without one.</summary>
    public uint? BootloaderAddress { get; init; }
}

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
        text = FileKinds.WithoutMark(text);
        var (inFlash, leftOut, bootloader) = Survey(text, dropBelow);
        if (inFlash is not [{ Start: var first }, ..])
        {
            throw new DfuException(
                DfuError.FirmwareInvalid,
                leftOut is [var other, ..]
                    ? $"the HEX file holds no firmware bytes, only {other.Length} bytes at {other} ({Flash.Region(other.Start)})"
                    : "the HEX file holds no firmware bytes");
        }

        var end = inFlash[^1].End;
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

        return new HexImage(first, bytes) { Given = inFlash, LeftOut = leftOut, BootloaderAddress = bootloader };
    }

    private static (IReadOnlyList<AddressRange> InFlash, IReadOnlyList<AddressRange> LeftOut, uint? Bootloader) Survey(ReadOnlySpan<byte> text, uint dropBelow)
    {
        var (inFlash, leftOut) = (new List<AddressRange>(), new List<AddressRange>());
        uint? bootloader = null;
        var records = new HexRecords(text);
        while (records.MoveNext())
        {
            var data = InFlash(ref records, dropBelow, out var address);
            if (!data.IsEmpty) Add(inFlash, address, address + data.Length);
            if (Math.Max(records.Address, FlashEnd) is var above && above < records.Address + records.Data.Length)
                Add(leftOut, above, records.Address + records.Data.Length);
            if (records.Address <= Flash.BootloaderAddress && records.Address + records.Data.Length >= Flash.BootloaderAddress + 4L)
                bootloader = BinaryPrimitives.ReadUInt32LittleEndian(records.Data[(int)(Flash.BootloaderAddress - records.Address)..]);
        }

        return (AddressRange.Join(inFlash), AddressRange.Join(leftOut), bootloader);
    }

    /// <summary>Records mostly follow one another, so that the list stays short.</summary>
    private static void Add(List<AddressRange> ranges, long start, long end)
    {
        if (ranges is [.., var last] && last.End == start) ranges[^1] = last with { End = end };
        else ranges.Add(new((uint)start, end));
    }

    private static ReadOnlySpan<byte> InFlash(ref HexRecords records, uint dropBelow, out long address)
    {
        address = Math.Max(records.Address, dropBelow);
        var end = Math.Min(records.Address + records.Data.Length, FlashEnd);
        return address < end ? records.Data[(int)(address - records.Address)..(int)(end - records.Address)] : default;
    }
}
