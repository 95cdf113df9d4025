using System.Globalization;

namespace Dfu.Cli.Arguments;

/// <summary>Sizes, durations, probabilities and factors as people write them; whole numbers are read by <see cref="WholeNumbers"/>.</summary>
internal static class Quantities
{
    private static readonly (string Suffix, double Factor)[] SizeUnits =
    [
        ("kib", 1024), ("mib", 1024 * 1024), ("gib", 1 << 30), ("kb", 1000), ("mb", 1_000_000), ("gb", 1e9),
        ("k", 1024), ("m", 1024 * 1024), ("g", 1 << 30), ("bytes", 1), ("b", 1),
    ];

    private static readonly (string Suffix, double Factor)[] TimeUnits =
    [
        ("ms", 0.001), ("seconds", 1), ("sec", 1), ("s", 1), ("minutes", 60), ("min", 60), ("m", 60), ("hours", 3600), ("h", 3600),
    ];

    /// <summary><c>204800</c>, <c>200KiB</c>, <c>200 kB</c>, <c>1.5M</c>: K and KiB are 1024 bytes, kB is 1000.</summary>
    /// <param name="most">The largest that is one.</param>
    public static bool TryParseSize(string text, out long bytes, long most = int.MaxValue)
    {
        bytes = 0;
        if (!TryParse(text, SizeUnits, out var value) || value > most) return false;
        bytes = (long)Math.Round(value);
        return true;
    }

    /// <summary><c>90</c>, <c>90s</c>, <c>1.5min</c>, <c>500ms</c>; a bare number is seconds.</summary>
    public static bool TryParseDuration(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (!TryParse(text, TimeUnits, out var seconds) || seconds > 86400 * 30) return false;
        duration = TimeSpan.FromSeconds(seconds);
        return true;
    }

    /// <summary><c>0.02</c> or <c>2%</c>, from 0 to 1.</summary>
    public static bool TryParseProbability(string text, out double probability) =>
        TryParse(text, [("%", 0.01)], out probability) && probability <= 1;

    /// <summary><c>20</c>, <c>20x</c> or <c>0.5</c>; above 0.</summary>
    public static bool TryParseFactor(string text, out double factor) => TryParse(text, [("x", 1)], out factor) && factor is > 0 and <= 100_000;

    private static bool TryParse(string text, (string Suffix, double Factor)[] units, out double value)
    {
        text = text.Trim().ToLowerInvariant();
        var factor = 1.0;
        foreach (var (suffix, by) in units)
        {
            if (!text.EndsWith(suffix, StringComparison.Ordinal)) continue;
            text = text[..^suffix.Length].TrimEnd();
            factor = by;
            break;
        }

        if (!double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value) || !double.IsFinite(value)) return false;
        value *= factor;
        return true;
    }
}
