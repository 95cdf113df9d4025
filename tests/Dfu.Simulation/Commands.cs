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
          --hours H            instead of --seeds: for so long, up to 10,000
          --seed N             plays one seed and tells what happened
          --faults 1,4,7       with --seed: of its faults only these
          --transitions        lists every transition of the machines that was seen
        """;

    private const double MostHours = 10_000;

    /// <returns>0 when everything was as promised, 1 when not, 2 when nobody understands the arguments.</returns>
    public static int Run(string[] args, TextWriter output)
    {
        var asked = new Asked();
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] is "--help" or "-h")
            {
                output.WriteLine(Usage);
                return 0;
            }

            if (asked.Take(args[i], i + 1 < args.Length ? args[i + 1] : "") is { } refusal) return Refuse(refusal, output);
            if (args[i] != "--transitions") i++;
        }

        if (asked.Contradiction is { } contradiction) return Refuse(contradiction, output);
        if (asked.Seed is { } seed) return One(SeedPlan.Of(seed), asked.Faults, asked.Transitions, output);
        var from = asked.From ?? 1;
        return Many(from, asked.Hours is null ? asked.Count : int.MaxValue - from, TimeSpan.FromHours(asked.Hours ?? 0), asked.Transitions, output);
    }

    private static int Refuse(string refusal, TextWriter output)
    {
        output.WriteLine(refusal);
        output.WriteLine(Usage);
        return 2;
    }

    private static int One(SeedPlan plan, ImmutableArray<int> faults, bool transitions, TextWriter output)
    {
        output.WriteLine($"seed {plan.Seed}: {string.Join(", ", plan.Cluster.Hosts.Select(static host => $"{host.Name} with {host.Radios} radios"))}, "
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

    private sealed class Asked
    {
        private int? _seeds;

        public int Count => _seeds ?? 1000;

        public int? From { get; private set; }

        public double? Hours { get; private set; }

        public int? Seed { get; private set; }

        /// <summary>Default for all of them.</summary>
        public ImmutableArray<int> Faults { get; private set; }

        public bool Transitions { get; private set; }

        /// <returns>Why not, or null.</returns>
        public string? Take(string option, string value)
        {
            string? Unless(bool isTaken, string what) => isTaken ? null : $"{option}: '{value}' is not {what}";
            return option switch
            {
                "--seeds" => Unless((_seeds = Whole(value)) > 0, $"a number from 1 to {int.MaxValue}"),
                "--from" => Unless((From = Whole(value)) is not null, "a whole number"),
                "--hours" => Unless((Hours = Number(value)) is > 0 and <= MostHours, $"a number above 0, up to {MostHours}"),
                "--seed" => Unless((Seed = Whole(value)) is not (null or 0), "a whole number other than 0"),
                "--faults" => Unless(!(Faults = Numbers(value)).IsDefault, "numbers with commas between them"),
                "--transitions" => Unless(Transitions = true, ""),
                _ => $"'{option}' is not understood",
            };
        }

        /// <summary>Why these do not go together; null when they do.</summary>
        public string? Contradiction => this switch
        {
            { Seed: null, Faults.IsDefault: false } => $"--faults {string.Join(',', Faults)}: give the --seed whose faults these are",
            { Seed: { } seed, _seeds: { } seeds } => $"--seed {seed} plays one seed: leave out --seeds {seeds}",
            { Seed: { } seed, From: { } from } => $"--seed {seed} plays one seed: leave out --from {from}",
            { Seed: { } seed, Hours: { } hours } => string.Create(CultureInfo.InvariantCulture, $"--seed {seed} plays one seed: leave out --hours {hours}"),
            { _seeds: { } seeds, Hours: not null } => $"--seeds {seeds}: leave it out or --hours, for each says how many",
            { From: { } from } when from > int.MaxValue - Count => $"--from {from}: give one up to {int.MaxValue - Count}, for there are {Count} seeds",
            { Seed: { } seed, Faults.IsDefaultOrEmpty: false } => Unknown(SeedPlan.Of(seed)),
            _ => null,
        };

        private string? Unknown(SeedPlan plan)
        {
            int[] unknown = [.. Faults.Except(plan.Faults.Select(static fault => fault.Number))];
            if (unknown is []) return null;
            var known = plan.Faults is [.., var last] ? $"give some of 0 to {last.Number}" : "leave it out";
            return $"--faults {string.Join(',', unknown)}: seed {plan.Seed} has no such fault, {known}";
        }

        private static int? Whole(string text) => int.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : null;

        private static double? Number(string text) => double.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : null;

        /// <returns>Default when one is none; a comma alone is no number at all.</returns>
        private static ImmutableArray<int> Numbers(string text)
        {
            int?[] numbers = [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(Whole)];
            return text.Length == 0 || numbers.Contains(null) ? default : [.. numbers.OfType<int>()];
        }
    }
}
