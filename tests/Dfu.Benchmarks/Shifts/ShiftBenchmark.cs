using System.Globalization;

namespace Dfu.Benchmarks.Shifts;

/// <summary>Shifts with several seeds, by the product's scheduler and by a naive one.</summary>
internal static class ShiftBenchmark
{
    public static int Run(int seeds)
    {
        var radios = new ShiftBound(new(), TransferBenchmark.MakeImage(new ShiftSpec().ImageBytes)).Radios;
        foreach (var (alone, most, links) in radios) Console.WriteLine($"{alone:0} {most:0} {links}");
        var worst = 0.0;
        foreach (var (name, spec) in new[] { ("fed in over an hour", new ShiftSpec()), ("all there at the start", new ShiftSpec { Feed = TimeSpan.Zero }) })
        {
            Console.WriteLine(name);
            for (var seed = 1; seed <= seeds; seed++)
            {
                foreach (var naive in new[] { false, true })
                {
                    if ((naive ? "naive" : "ours") == Environment.GetEnvironmentVariable("SKIP")) continue;
                    var began = TimeProvider.System.GetTimestamp();
                    var figures = ShiftRun.Run(spec with { Seed = seed }, naive);
                    worst = naive ? worst : Math.Max(worst, figures.Ratio);
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{seed,5} {(naive ? "naive" : "ours"),-6}{figures}  {figures.Bound:h\\:mm\\:ss} {TimeProvider.System.GetElapsedTime(began).TotalSeconds:0} s"));
                }
            }
        }

        return worst <= 1.15 ? 0 : 1;
    }
}
