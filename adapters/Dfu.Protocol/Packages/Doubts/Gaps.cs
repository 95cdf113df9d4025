using System.Globalization;

namespace Dfu.Protocol.Packages.Doubts;

/// <summary>Places without content in an image, that tell of several files merged into one.</summary>
/// <remarks>
/// Linkers leave gaps: up to a page where a section begins on one, some pages where a project puts a table at an address of its own. 32 KiB is
/// eight pages, more than any of these and less than what lies between an application and a bootloader. Smaller gaps count when a page that the
/// bootloader keeps for itself, or another program, lies behind them.
/// </remarks>
internal static class Gaps
{
    /// <summary>In bytes; one of exactly this size is none.</summary>
    public const int Largest = 32 << 10;

    /// <summary>One sentence about the first gap that cannot be; null when there is none.</summary>
    public static string? Of(FirmwareFile file)
    {
        if (file.Hex is { } hex)
        {
            for (var i = 1; i < hex.Given.Count; i++)
            {
                var (before, after) = (hex.Given[i - 1], hex.Given[i]);
                var gap = after.Start - before.End;
                if (Behind(hex, after, gap) is { } what)
                    return Line($"has {Count(hex.Given.Take(i))} bytes up to 0x{before.End - 1:x}, a gap of {gap} bytes, and at 0x{after.Start:x} {what}");
            }
        }

        var (start, length) = LongestRun(file.Bytes.Span);
        if (length <= Largest) return null;
        var value = file.Bytes.Span[start];
        return Line($"has {length} bytes of 0x{value:X2} in a row, from byte {start} on, of {file.Bytes.Length}: files merged over a gap, or padded");
    }

    /// <summary>What lies behind a gap that should not be there; null when the gap may be.</summary>
    private static string? Behind(HexImage hex, AddressRange after, long gap)
    {
        if (hex.BootloaderAddress == after.Start) return "a bootloader";
        if (Flash.LastPage(after.Start) is { } page && after.Length <= 2 * Flash.Page) return page;
        var content = hex.Bytes.Span[(int)(after.Start - hex.Start)..(int)(after.End - hex.Start)];
        if (after.Start % Flash.Page == 0 && VectorTable.TryRead(content, out var table) && table.FitsAt(after.Start, content.Length)) return "another program";
        return gap > Largest ? $"{after.Length} bytes more" : null;
    }

    /// <summary>The longest run of bytes as erased flash has them, or as objcopy fills gaps.</summary>
    private static (int Start, int Length) LongestRun(ReadOnlySpan<byte> bytes)
    {
        var (best, length) = (0, 0);
        for (var at = 0; at < bytes.Length;)
        {
            var value = bytes[at];
            var next = value is 0 or 0xFF ? bytes[at..].IndexOfAnyExcept(value) : bytes[at..].IndexOfAny((byte)0, (byte)0xFF);
            var end = next < 0 ? bytes.Length : at + next;
            if (value is 0 or 0xFF && end - at > length) (best, length) = (at, end - at);
            at = end;
        }

        return (best, length);
    }

    private static long Count(IEnumerable<AddressRange> ranges) => ranges.Sum(range => range.Length);

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
