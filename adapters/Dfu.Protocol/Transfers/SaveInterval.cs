namespace Dfu.Protocol.Transfers;

/// <summary>How many objects to send between forced saves.</summary>
/// <remarks>
/// Without an end in sight the interval that costs least is sqrt(2 x cost of a save x mean time between drops) (Young and Daly). An image has an end, so the
/// rest of it is cut into equal parts, as many as cost least: one save less than parts, and half a part lost at each drop. How often links drop is
/// not known before some have; until then it is taken to be so often that the limit of the options is right, which counts as one drop.
/// </remarks>
public static class SaveInterval
{
    /// <summary>Fewer objects than this between saves wear the settings pages more than they save radio time.</summary>
    public const int Fewest = 4;

    /// <param name="cost">Measured time of one forced save with its barrier.</param>
    /// <param name="perObject">Measured time of one object.</param>
    /// <param name="meanTimeBetweenDrops">Null when nothing dropped yet.</param>
    /// <param name="observed">Link time behind that figure.</param>
    /// <param name="limit">Objects between saves that are right while nothing was observed.</param>
    /// <param name="rest">Objects from the last save to the end of the image.</param>
    /// <returns>At least 1; <paramref name="rest"/> or more when none is worth it.</returns>
    public static int Objects(TimeSpan cost, TimeSpan perObject, TimeSpan? meanTimeBetweenDrops, TimeSpan observed, int limit, int rest)
    {
        var (save, one) = (cost.TotalSeconds, perObject.TotalSeconds);
        if (one <= 0 || save <= 0) return limit;
        var drops = meanTimeBetweenDrops is { Ticks: > 0 } mean ? observed / mean : 0;
        var assumed = limit * one * limit * one / (2 * save);
        var rate = (drops + 1) / (observed.TotalSeconds + assumed);
        var least = Math.Min(Fewest, limit);
        var (best, bestCost) = (rest, double.MaxValue);
        for (var parts = 1; parts == 1 || parts * least <= rest; parts++)
        {
            var time = rest * one;
            var all = ((parts - 1) * save) + (rate * time * time / (2 * parts));
            if (all >= bestCost) break;
            (best, bestCost) = ((int)Math.Ceiling(rest / (double)parts), all);
        }

        // The limit is not passed for the sake of equal parts.
        return best >= rest ? best : Math.Clamp((int)Math.Round(Math.Sqrt(2 * save / rate) / one), least, best);
    }
}
