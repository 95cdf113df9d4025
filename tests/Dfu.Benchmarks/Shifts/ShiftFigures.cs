using System.Globalization;

namespace Dfu.Benchmarks.Shifts;

/// <summary>What came of a shift. Of the good units, but for <see cref="BadUpdated"/>.</summary>
/// <param name="Makespan">From the beginning to the end of the last one's update.</param>
/// <param name="Failed">Units that were not updated.</param>
/// <param name="Stranded">Units whose bootloader waited in vain, so that they had to be sent there again, or were left there.</param>
/// <param name="SentTwice">Bytes of firmware beyond one image each.</param>
/// <param name="FellBack">How often bootloaders waited in vain, all units together.</param>
public sealed record ShiftFigures(
    TimeSpan Makespan, TimeSpan Bound, int Good, int Failed, int Stranded, int FellBack, long SentTwice, long ImageBytes, int BadUpdated)
{
    public double Ratio => Makespan / Bound;

    public double ShareTwice => SentTwice / (double)(Good * ImageBytes);

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Makespan,11:h\\:mm\\:ss}{Ratio,10:0.000}{Failed,8}{Stranded,7}{FellBack,8}{ShareTwice,13:0.0%}");
}
