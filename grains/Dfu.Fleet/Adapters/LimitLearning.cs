using Dfu.Fleet.Devices;

namespace Dfu.Fleet.Adapters;

/// <summary>Hill climbing on what really got through: bytes confirmed per second, losses to drops taken off.</summary>
internal static class LimitLearning
{
    private const int SamplesToJudge = 3;
    private const double Worse = 0.95;
    private static readonly TimeSpan FirstHold = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LongestHold = TimeSpan.FromMinutes(10);

    /// <summary>For a radio that was opened: what measuring taught before is where it starts, what it refused before is forgotten.</summary>
    public static TransferLimit Start(int ceiling, TransferLimit before)
    {
        var limit = new TransferLimit { Current = ceiling, Ceiling = ceiling, Rates = [.. new double[ceiling + 1]] };
        return before.Hold == TimeSpan.Zero
            ? limit
            : limit with { Current = Math.Clamp(before.Current, 1, ceiling), RaiseAt = before.RaiseAt, Hold = before.Hold };
    }

    /// <summary>The adapter refused one link more than <paramref name="held"/>: a hard limit until it is opened again.</summary>
    public static TransferLimit Full(TransferLimit limit, int held)
    {
        var ceiling = Math.Clamp(held, 1, limit.Ceiling);
        return limit with { Ceiling = ceiling, Current = Math.Min(limit.Current, ceiling), Samples = 0 };
    }

    /// <summary>A measurement over a few seconds in which <paramref name="active"/> did not change.</summary>
    public static TransferLimit Measured(TransferLimit limit, int active, double rate, DateTimeOffset at)
    {
        if (active < 1 || active >= limit.Rates.Length) return limit;
        var before = limit.Rates[active];
        var next = limit with { Rates = limit.Rates.SetItem(active, Smoothed.Learn(before, rate)) };
        if (active != limit.Current) return next;

        next = next with { Samples = next.Samples + 1 };
        if (next.Samples < SamplesToJudge) return next;
        var fewer = active > 1 ? next.Rates[active - 1] : 0;
        if (fewer > 0 && next.Rates[active] < Worse * fewer)
        {
            var hold = limit.Hold == TimeSpan.Zero ? FirstHold : Min(limit.Hold * 2, LongestHold);
            return next with { Current = active - 1, Samples = 0, Hold = hold, RaiseAt = at + hold };
        }

        return next.Current < next.Ceiling && !(next.RaiseAt > at) ? next with { Current = next.Current + 1, Samples = 0, RaiseAt = null } : next;
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
