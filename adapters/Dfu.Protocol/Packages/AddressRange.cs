using System.Globalization;

namespace Dfu.Protocol.Packages;

/// <summary>Bytes from one address up to, but not including, another.</summary>
public readonly record struct AddressRange(uint Start, long End)
{
    public long Length => End - Start;

    /// <summary><c>0x26000 to 0x28328</c>: the last address is in it.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"0x{Start:x} to 0x{End - 1:x}");

    /// <summary>In the order of addresses, with neighbours joined.</summary>
    internal static IReadOnlyList<AddressRange> Join(IEnumerable<AddressRange> ranges)
    {
        var joined = new List<AddressRange>();
        foreach (var range in ranges.OrderBy(range => range.Start))
        {
            if (joined is [.., var last] && last.End >= range.Start) joined[^1] = last with { End = Math.Max(last.End, range.End) };
            else joined.Add(range);
        }

        return joined;
    }
}
