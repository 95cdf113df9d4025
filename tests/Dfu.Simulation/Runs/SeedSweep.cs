using System.Collections.Immutable;
using System.Globalization;

namespace Dfu.Simulation.Runs;

/// <summary>A seed that broke a promise, with the fewest of its faults that do it.</summary>
/// <param name="Faults">Numbers of these faults; default for all of them.</param>
internal sealed record SeedFailure(int Seed, ImmutableArray<int> Faults, ImmutableArray<string> Violations)
{
    /// <summary>What was broken, and the command that shows it again.</summary>
    public string Describe() =>
        $"seed {Seed} broke a promise:{Environment.NewLine}  {string.Join(Environment.NewLine + "  ", Violations.Take(3))}{Environment.NewLine}"
        + $"  dotnet run -c Release --project tests/Dfu.Simulation -- --seed {Seed}{Only}";

    private string Only => Faults.IsDefault ? "" : $" --faults {(Faults.IsEmpty ? "," : string.Join(',', Faults))}";
}

/// <summary>Many seeds on all processors.</summary>
internal static class SeedSweep
{
    /// <summary>Of more failures than that only the seeds are worth anything.</summary>
    private const int MostShrunk = 10;
    private const int TellEvery = 1000;

    /// <param name="goesOn">Asked before each seed.</param>
    /// <param name="tell">Told how far it is, now and then, and of each seed that broke a promise at once; one call at a time.</param>
    public static (Coverage Coverage, List<SeedFailure> Failures) Run(int from, int count, Func<bool> goesOn, Action<string> tell)
    {
        var (gate, sum, failures, next, done) = (new Lock(), new Coverage(), new List<SeedFailure>(), from - 1, 0);
        var threads = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Thread(Work)).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        return (sum, failures);

        void Work()
        {
            var coverage = new Coverage();
            while (goesOn())
            {
                var seed = Interlocked.Increment(ref next);
                if (seed >= from + count) break;
                var failure = Play(seed, coverage, shrinks: failures.Count < MostShrunk);
                lock (gate)
                {
                    if (failure is not null)
                    {
                        failures.Add(failure);
                        tell(failure.Describe());
                    }

                    if (++done % TellEvery == 0) tell(
                        string.Create(CultureInfo.InvariantCulture, $"{done:#,0} seeds, {failures.Count} of them broke a promise"));
                }
            }

            lock (gate) sum.Add(coverage);
        }
    }

    /// <returns>Null when it kept every promise.</returns>
    private static SeedFailure? Play(int seed, Coverage coverage, bool shrinks)
    {
        try
        {
            var plan = SeedPlan.Of(seed);
            var result = SeedRun.Run(plan, coverage);
            if (result.Violations.IsEmpty) return null;
            return shrinks ? Shrink(plan, result) : new(seed, [.. plan.Faults.Select(static fault => fault.Number)], result.Violations);
        }
        catch (Exception e)
        {
            return new(seed, default, [$"it could not be played: {e}"]);
        }
    }

    /// <summary>Leaves out faults as long as a promise is still broken.</summary>
    public static SeedFailure Shrink(SeedPlan plan, SeedResult result)
    {
        var faults = plan.Faults.Select(static fault => fault.Number).ToImmutableArray();
        for (var left = true; left;)
        {
            left = false;
            foreach (var fault in faults)
            {
                var fewer = SeedRun.Run(plan, new(), faults.Remove(fault));
                if (fewer.Violations.IsEmpty) continue;
                (faults, result, left) = (faults.Remove(fault), fewer, true);
                break;
            }
        }

        return new(plan.Seed, faults, result.Violations);
    }
}
