using System.Collections.Immutable;
using System.Globalization;
using Dfu.Simulation.Runs;

namespace Dfu.Simulation;

/// <summary>The command line: many seeds, or one of them again.</summary>
public static class Commands
{
    private const string Usage = """
        usage: dotnet run -c Release --project tests/Dfu.Simulation -- [OPTION...]
          --seeds N            how many seeds, from 1 or from --from on; 1,000 unless given
          --from N             the first of them
          --hours H            instead of --seeds: for so long
          --seed N             plays one seed and tells what happened
          --faults 1,4,7       with --seed: of its faults only these
          --transitions        lists every transition of the machines that was seen
        """;

    /// <returns>0 when everything was as promised, 1 when not, 2 when nobody understands the arguments.</returns>
    public static int Run(string[] args, TextWriter output)
    {
        var (count, from, hours, seed, transitions) = (1000, 1, 0.0, 0, false);
        var faults = default(ImmutableArray<int>);
        for (var i = 0; i < args.Length; i++)
        {
            var value = i + 1 < args.Length ? args[i + 1] : "";
            if (args[i] is "--help" or "-h")
            {
                output.WriteLine(Usage);
                return 0;
            }

            var known = args[i] switch
            {
                "--seeds" => int.TryParse(value, CultureInfo.InvariantCulture, out count) && count > 0,
                "--from" => int.TryParse(value, CultureInfo.InvariantCulture, out from),
                "--hours" => double.TryParse(value, CultureInfo.InvariantCulture, out hours) && hours > 0,
                "--seed" => int.TryParse(value, CultureInfo.InvariantCulture, out seed) && seed != 0,
                "--faults" => TryNumbers(value, out faults),
                "--transitions" => transitions = true,
                _ => false,
            };
            if (!known)
            {
                output.WriteLine($"'{$"{args[i]} {value}".TrimEnd()}' is not understood");
                output.WriteLine(Usage);
                return 2;
            }

            if (args[i] != "--transitions") i++;
        }

        if (seed != 0) return One(seed, faults, transitions, output);
        return Many(from, hours > 0 ? int.MaxValue - from : count, TimeSpan.FromHours(hours), transitions, output);
    }

    private static int One(int seed, ImmutableArray<int> faults, bool transitions, TextWriter output)
    {
        var plan = SeedPlan.Of(seed);
        output.WriteLine($"seed {seed}: {string.Join(", ", plan.Cluster.Hosts.Select(static host => $"{host.Name} with {host.Radios} radios"))}, "
            + $"{plan.Devices.Length} devices ({plan.Devices[0].Profile.Name}), {plan.Packages[0].Images[0].Firmware.Length} bytes");
        foreach (var fault in plan.Faults.OrderBy(static fault => fault.At)) output.WriteLine((faults.IsDefault || faults.Contains(fault.Number) ? "  " : "- ")
            + fault);
        var coverage = new Coverage();
        var result = SeedRun.Run(plan, coverage, faults);
        foreach (var violation in result.Violations) output.WriteLine($"VIOLATED {violation}");
        output.WriteLine(FormattableString.Invariant($"{result.Lasted.TotalSeconds:0.0} s of virtual time, digest {result.Digest:x8}"));
        output.Write(coverage.Describe(transitions));
        return result.Violations.IsEmpty ? 0 : 1;
    }

    private static int Many(int from, int count, TimeSpan atMost, bool transitions, TextWriter output)
    {
        var began = TimeProvider.System.GetTimestamp();
        var (seeds, failed) = SeedSweep.Run(from, count, () => atMost == TimeSpan.Zero || TimeProvider.System.GetElapsedTime(began) < atMost, output.WriteLine);
        output.Write(seeds.Describe(transitions));
        output.WriteLine(FormattableString.Invariant(
            $"{seeds.Seeds - failed.Count:#,0} of {seeds.Seeds:#,0} seeds kept every promise, in {TimeProvider.System.GetElapsedTime(
                began).TotalSeconds:0.0} s"));
        return failed.Count == 0 ? 0 : 1;
    }

    private static bool TryNumbers(string text, out ImmutableArray<int> numbers)
    {
        numbers = [];
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!int.TryParse(part, CultureInfo.InvariantCulture, out var number)) return false;
            numbers = numbers.Add(number);
        }

        return true;
    }
}
