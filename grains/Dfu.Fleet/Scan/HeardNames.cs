using System.Globalization;
using System.Text;
using Dfu.Fleet.Identity;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Scan;

/// <summary>Under which names others were heard: what an operator is told whose pattern fits none. Not thread-safe.</summary>
public sealed class HeardNames
{
    private const int MostShown = 10;

    /// <summary>Senders that are remembered: enough to count what anybody reads.</summary>
    private const int Most = 5000;

    private readonly Dictionary<BluetoothAddress, Sender> _heard = [];

    /// <param name="isLegacy">It is a bootloader of SDK 11 or older: whatever its name, no update of this program is for it.</param>
    public void Hear(BluetoothAddress address, string name, bool isLegacy)
    {
        var isKnown = _heard.TryGetValue(address, out var before);
        if (!isKnown && _heard.Count >= Most) return;

        // Name and services may come in packets of their own.
        _heard[address] = new(string.IsNullOrWhiteSpace(name) ? before.Name ?? "" : name, isLegacy || before.IsLegacy);
    }

    /// <summary>
    /// <c>DfuTarg (3), Sensor 1, Sensor 2 and 5 more</c>: at most ten names, the most frequent first and before them those that differ from the
    /// pattern by upper and lower case only; empty when nobody was heard.
    /// </summary>
    /// <param name="glob">The pattern that was asked for; null for none.</param>
    public string Describe(string? glob)
    {
        var named = _heard.Values.Where(static sender => sender.Name.Length > 0).CountBy(static sender => sender).ToList();
        var near = named.Where(pair => glob is not null && IsNear(pair.Key.Name, glob)).ToList();
        var nameless = _heard.Count - named.Sum(static pair => pair.Value);
        var others = Listed(named.Except(near), MostShown - Math.Min(near.Count, MostShown / 2), nameless);
        if (near.Count == 0) return others;
        var close = Listed(near, MostShown / 2, 0) + " (upper and lower case count)";
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

    private static bool IsNear(string name, string glob) =>
        !DeviceNames.Matches(name, glob) && DeviceNames.Matches(name.ToUpperInvariant(), glob.ToUpperInvariant());

    private static string Listed(IEnumerable<KeyValuePair<Sender, int>> names, int most, int nameless)
    {
        var all = names.OrderByDescending(static pair => pair.Value).ThenBy(static pair => pair.Key.Name, StringComparer.Ordinal).ToList();
        var parts = all.Take(most).Select(static pair => Shown(pair.Key, pair.Value)).ToList();
        var more = all.Skip(most).Sum(static pair => pair.Value);
        if (more > 0) parts.Add($"{more} more");
        if (nameless > 0) parts.Add($"{nameless} without a name");
        return parts.Count > 1 ? $"{string.Join(", ", parts.SkipLast(1))} and {parts[^1]}" : parts.FirstOrDefault() ?? "";
    }

    private static string Shown(Sender sender, int times) => ForPeople(sender.Name) + (times, sender.IsLegacy) switch
    {
        (1, false) => "",
        (1, true) => " (legacy DFU)",
        (_, false) => $" ({times})",
        _ => $" ({times}, legacy DFU)",
    };

    private readonly record struct Sender(string Name, bool IsLegacy);
}
