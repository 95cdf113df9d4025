using System.Globalization;

namespace Dfu.Benchmarks.Endurance;

/// <summary>Something that must not grow: its samples, and how much more its median may be in the last quarter than in the second.</summary>
/// <param name="Unit">For people; a sample is divided by <paramref name="Divisor"/>.</param>
/// <param name="Share">Tolerance as a share of the median of the second quarter.</param>
/// <param name="Room">Tolerance besides, in units: samples are whole numbers, and some of them small.</param>
internal sealed record Measured(string Name, string Unit, double Divisor, double Share, double Room)
{
    public List<(double Minutes, double Value)> Samples { get; } = [];

    public double Second => Median(1);

    public double Last => Median(3);

    public bool IsFlat => Last <= (Second * (1 + Share)) + Room;

    public void Add(double minutes, double value) => Samples.Add((minutes, value / Divisor));

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Name,-12}{Second,10:0.0}{Last,10:0.0} {Unit,-21}at most {(Second * (1 + Share)) + Room,8:0.0}  {(IsFlat ? "flat" : "GROWS")}");

    private double Median(int quarter)
    {
        var (from, to) = (Samples.Count * quarter / 4, Samples.Count * (quarter + 1) / 4);
        var values = Samples[from..to].Select(static sample => sample.Value).Order().ToArray();
        return values.Length == 0 ? 0 : values[values.Length / 2];
    }
}
