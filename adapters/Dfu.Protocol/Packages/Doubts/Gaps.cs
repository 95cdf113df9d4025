using System.Globalization;
using Dfu.Protocol.Packages.Settings;

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

    /// <summary>What the first gap tells that cannot be, or else the first that is merely large; null when there is neither.</summary>
    /// <remarks>A large gap in front of nothing known may be meant: it is grave only when there is more gap than content.</remarks>
    public static (DoubtLevel Level, string Text)? Of(FirmwareFile file)
    {
        (DoubtLevel, string)? large = null;
        if (file.Hex is { } hex)
        {
            for (var i = 1; i < hex.Given.Count; i++)
            {
                var (before, after) = (hex.Given[i - 1], hex.Given[i]);
                var gap = after.Start - before.End;
                var known = Known(hex, after);
                if (known is null && gap <= Largest) continue;
                var what = known ?? Line($"{after.Length} bytes more");
                var text = Line($"has {Count(hex.Given.Take(i))} bytes up to 0x{before.End - 1:x}, a gap of {gap} bytes, and at 0x{after.Start:x} {what}");
                if (known is not null || gap > Count(hex.Given)) return (DoubtLevel.Grave, text);
                large ??= (DoubtLevel.Warning, text);
            }
        }

        return large ?? OfRun(file.Bytes.Span);
    }

    /// <summary>The same of bytes that do not tell what a file gave and what is filling.</summary>
    private static (DoubtLevel Level, string Text)? OfRun(ReadOnlySpan<byte> bytes)
    {
        var (start, length) = LongestRun(bytes);
        if (length <= Largest) return null;
        var behind = bytes[((start + length) & ~3)..]; // what follows zeros may begin with one
        var what = SettingsPage.IsOne(behind) ? ", and then a bootloader settings page"
            : VectorTable.TryRead(behind, out _) ? ", and then another program"
            : "";
        return (
            what.Length > 0 || length > bytes.Length / 2 ? DoubtLevel.Grave : DoubtLevel.Warning,
            Line($"has {length} bytes of 0x{bytes[start]:X2} in a row, from byte {start} on, of {bytes.Length}: files merged over a gap, or padded{what}"));
    }

    /// <summary>What lies behind a gap and never belongs to the same image; null when that is not known.</summary>
    private static string? Known(HexImage hex, AddressRange after)
    {
        if (hex.BootloaderAddress == after.Start) return "a bootloader";
        if (Flash.LastPage(after.Start) is { } page && after.Length <= 2 * Flash.Page) return page;
        var content = hex.Bytes.Span[(int)(after.Start - hex.Start)..(int)(after.End - hex.Start)];
        if (SettingsPage.IsOne(content)) return "a bootloader settings page";
        var isProgram = after.Start % Flash.Page == 0 && VectorTable.TryRead(content, out var table) && table.FitsAt(after.Start, content.Length);
        return isProgram ? "another program" : null;
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
