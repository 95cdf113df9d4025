using System.Globalization;

namespace Dfu.Benchmarks.Shifts;

/// <summary>The same shifts by the product's scheduler and by a naive one, with several seeds.</summary>
internal static class ShiftBenchmark
{
    /// <summary>What a shift that is fed may take, as a multiple of what nothing can beat.</summary>
    private const double Goal = 1.15;

    /// <returns>0 when every fed shift was within the goal and no unit stranded or failed; else 1.</returns>
    public static int Run(int seeds)
    {
        var spec = new ShiftSpec();
        var radios = new ShiftBound(spec, TransferBenchmark.MakeImage(spec.ImageBytes));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{spec.Units} units of {spec.ImageBytes / 1024} KiB, {spec.Adapters} radios, {spec.DropRate:0 %} drops an object, default bootloaders, "
            + $"virtual time."));
        foreach (var (alone, most, links) in radios.Radios.Distinct())
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"A radio carries {most / 1000:0.0} kB/s with {links} links that never drop, {alone / 1000:0.0} with one."));
        }

        Console.WriteLine("'of bound' compares with the time that no scheduler can beat; 'twice' are units that had to be sent to their bootloader again.");
        var fed = Shifts("fed in over an hour", spec, seeds);
        Shifts("all there at the start", spec with { Feed = TimeSpan.Zero }, seeds);
        return fed ? 0 : 1;
    }

    private static bool Shifts(string name, ShiftSpec spec, int seeds)
    {
        Console.WriteLine();
        Console.WriteLine($"{name,-24}{"seed",4}{"time",11}{"of bound",10}{"failed",8}{"twice",7}{"falls",8}{"bytes again",13}");
        var reached = true;
        foreach (var naive in new[] { false, true })
        {
            var ratios = new List<double>();
            for (var seed = 1; seed <= seeds; seed++)
            {
                var figures = ShiftRun.Run(spec with { Seed = seed }, naive);
                ratios.Add(figures.Ratio);
                reached &= naive || figures is { Ratio: <= Goal, Stranded: 0, Failed: 0 };
                Console.WriteLine($"{(naive ? "  naive scheduler" : "  this one"),-24}{seed,4}{figures}");
            }

            ratios.Sort();
            if (seeds > 1) Console.WriteLine(
                string.Create(CultureInfo.InvariantCulture, $"{"",28}median {ratios[seeds / 2]:0.000}, worst {ratios[^1]:0.000} of bound"));
        }

        return reached;
    }
}
