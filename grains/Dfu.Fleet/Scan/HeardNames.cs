using System.Globalization;
using System.Text;
using Dfu.Fleet.Identity;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Scan;

/// <summary>Under which names others were heard: what an operator is told whose pattern fits none. Not thread-safe.</summary>
public sealed class HeardNames
{
    private const int Shown = 10;

    /// <summary>Names, and addresses of one name, that are remembered: enough to count what anybody reads.</summary>
    private const int Most = 1000;

    private readonly Dictionary<string, HashSet<BluetoothAddress>> _names = new(StringComparer.Ordinal);

    public void Hear(BluetoothAddress address, string name)
    {
        if (string.IsNullOrWhiteSpace(name)) name = "";
        if (_names.TryGetValue(name, out var addresses))
        {
            if (addresses.Count < Most) addresses.Add(address);
        }
        else if (_names.Count < Most)
        {
            _names.Add(name, [address]);
        }
    }

    /// <summary>
    /// <c>DfuTarg (3), Sensor 1, Sensor 2 and 5 more</c>: at most ten names, the most frequent first and before them those that differ from the
    /// pattern by upper and lower case only; empty when nobody was heard.
    /// </summary>
    /// <param name="glob">The pattern that was asked for; null for none.</param>
    public string Describe(string? glob)
    {
        var near = glob is null ? [] : Near(glob).Select(static pair => pair.Key).ToHashSet(StringComparer.Ordinal);
        var nameless = _names.GetValueOrDefault("")?.Count ?? 0;
        var others = Listed(_names.Where(pair => pair.Key.Length > 0 && !near.Contains(pair.Key)), Shown - Math.Min(near.Count, Shown / 2), nameless);
        if (near.Count == 0) return others;
        var close = Listed(_names.Where(pair => near.Contains(pair.Key)), Shown / 2, 0) + " (upper and lower case count)";
        return others.Length == 0 ? close : $"{close}; {others}";
    }

    /// <summary>A name as it may be printed: nothing that a terminal acts upon or that changes the direction of what follows, and not for ever.</summary>
    public static string ForPeople(string name)
    {
        const int Longest = 32;
        var shown = new StringBuilder(name.Length);
        foreach (var rune in name.Trim().EnumerateRunes())
        {
            if (shown.Length >= Longest) return shown.Append('…').ToString();
            var category = Rune.GetUnicodeCategory(rune);
            if (category == UnicodeCategory.Format) continue;
            var fit = category is not (UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
                or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);
            shown.Append(fit ? rune.ToString() : "?");
        }

        return shown.ToString();
    }

    private IEnumerable<KeyValuePair<string, HashSet<BluetoothAddress>>> Near(string glob) =>
        _names.Where(pair => !DeviceNames.Matches(pair.Key, glob) && DeviceNames.Matches(pair.Key.ToUpperInvariant(), glob.ToUpperInvariant()));

    private static string Listed(IEnumerable<KeyValuePair<string, HashSet<BluetoothAddress>>> names, int most, int nameless)
    {
        var all = names.OrderByDescending(static pair => pair.Value.Count).ThenBy(static pair => pair.Key, StringComparer.Ordinal).ToList();
        var parts = all.Take(most).Select(static pair => pair.Value.Count == 1 ? ForPeople(pair.Key) : $"{ForPeople(pair.Key)} ({pair.Value.Count})").ToList();
        var more = all.Skip(most).Sum(static pair => pair.Value.Count);
        if (more > 0) parts.Add($"{more} more");
        if (nameless > 0) parts.Add($"{nameless} without a name");
        return parts.Count > 1 ? $"{string.Join(", ", parts.SkipLast(1))} and {parts[^1]}" : parts.FirstOrDefault() ?? "";
    }
}
