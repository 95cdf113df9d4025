namespace Dfu.Protocol.Transfers;

/// <summary>How many objects to send between forced saves.</summary>
/// <remarks>
/// Young and Daly: the interval that costs least is sqrt(2 x cost of a save x mean time between drops). Each save erases two
/// settings pages that are good for 10,000 cycles, hence the lower bound.
/// </remarks>
public static class SaveInterval
{
    /// <summary>Fewer objects than this between saves wear the settings pages more than they save radio time.</summary>
    public const int Fewest = 4;

    /// <summary>More objects than the limit are used only after this much link time has been observed.</summary>
    public static TimeSpan EvidenceForMore { get; } = TimeSpan.FromHours(1);

    private const int Most = 64;

    /// <param name="cost">Measured time of one forced save with its barrier.</param>
    /// <param name="perObject">Measured time of one object.</param>
    /// <param name="meanTimeBetweenDrops">Null when nothing dropped yet.</param>
    /// <param name="observed">Link time behind that figure.</param>
    /// <param name="limit">Objects between saves until drops prove rarer.</param>
    public static int Objects(TimeSpan cost, TimeSpan perObject, TimeSpan? meanTimeBetweenDrops, TimeSpan observed, int limit)
    {
        if (perObject <= TimeSpan.Zero) return limit;
        var most = observed >= EvidenceForMore ? Most : limit;
        var between = meanTimeBetweenDrops ?? observed;
        if (meanTimeBetweenDrops is null && observed < EvidenceForMore) return limit;
        var best = Math.Sqrt(2 * cost.TotalSeconds * between.TotalSeconds) / perObject.TotalSeconds;
        return (int)Math.Clamp(best, Math.Min(Fewest, most), most);
    }
}
