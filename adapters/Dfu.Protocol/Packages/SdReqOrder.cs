namespace Dfu.Protocol.Packages;

/// <summary>
/// The order in which Nordic's tool writes SoftDevice ids, so that the same input makes the same bytes; no bootloader minds the order.
/// The tool puts the ids into a Python set and takes them out as they lie in its table.
/// </summary>
/// <remarks>CPython 3.7 to 3.12, Objects/setobject.c: ten slots in a row are tried, then a jump; the table grows when it is three fifths full.</remarks>
internal static class SdReqOrder
{
    private const int FirstSize = 8;
    private const int Probes = 9;

    public static IReadOnlyList<uint> Of(IEnumerable<uint> ids)
    {
        var (table, count) = (new uint?[FirstSize], 0);
        foreach (var id in ids)
        {
            if (!Add(table, id) || ++count * 5 < (table.Length - 1) * 3) continue;
            var size = FirstSize;
            while (size <= count * 4) size *= 2;
            var larger = new uint?[size];
            foreach (var held in table.OfType<uint>()) Add(larger, held);
            table = larger;
        }

        return [.. table.OfType<uint>()];
    }

    /// <returns>False when the id was there before.</returns>
    private static bool Add(uint?[] table, uint id)
    {
        var mask = (uint)table.Length - 1;
        for (var (slot, rest) = (id & mask, id);; rest >>= 5, slot = ((slot * 5) + 1 + rest) & mask)
        {
            var last = slot + Probes <= mask ? slot + Probes : slot;
            for (var at = slot; at <= last; at++)
            {
                if (table[at] == id) return false;
                if (table[at] is not null) continue;
                table[at] = id;
                return true;
            }
        }
    }
}
