using Dfu.Protocol.Packages;

namespace Dfu.Benchmarks.Shifts;

/// <summary>The time that no scheduler can beat.</summary>
/// <remarks>
/// A single server that works on the bytes of the good units from the moment they come, at the sum of what the radios that live get through at their best
/// number of links, with nothing lost and no time for connecting, jumping and activating. Nor is it over before the last unit to come had its image over a
/// link of its own.
/// </remarks>
internal sealed class ShiftBound
{
    private readonly (double Alone, double Most, int Links)[] _radios;

    public ShiftBound(ShiftSpec spec, DfuImage image) =>
        _radios = [.. Enumerable.Range(0, spec.Adapters).Select(adapter => RadioCapacity.Measure(spec.Link, spec.Model(adapter), image))];

    /// <summary>Bytes per second of all radios together.</summary>
    public double Capacity => _radios.Sum(static radio => radio.Most);

    public IReadOnlyList<(double Alone, double Most, int Links)> Radios => _radios;

    /// <param name="arrivals">Of the good units, in their order.</param>
    public TimeSpan Of(ShiftSpec spec, IReadOnlyList<TimeSpan> arrivals)
    {
        double at = 0;
        double left = 0;
        foreach (var arrival in arrivals)
        {
            (at, left) = Work(spec, at, left, arrival.TotalSeconds);
            left += spec.ImageBytes;
        }

        (at, _) = Work(spec, at, left, double.PositiveInfinity);
        var last = arrivals[^1].TotalSeconds + (spec.ImageBytes / _radios.Max(static radio => radio.Alone));
        return TimeSpan.FromSeconds(Math.Max(at, last));
    }

    /// <summary>Works on what is left until then; ends earlier when it has no end.</summary>
    private (double At, double Left) Work(ShiftSpec spec, double at, double left, double until)
    {
        foreach (var change in (double[])[spec.DiesAt.TotalSeconds, spec.ComesBackAt.TotalSeconds, double.PositiveInfinity])
        {
            if (change <= at) continue;
            var rate = at >= spec.DiesAt.TotalSeconds && at < spec.ComesBackAt.TotalSeconds ? Capacity - _radios[0].Most : Capacity;
            var end = Math.Min(change, until);
            if (left <= rate * (end - at)) return (double.IsInfinity(until) ? at + (left / rate) : until, 0);
            left -= rate * (end - at);
            at = end;
            if (at >= until) break;
        }

        return (at, left);
    }
}
