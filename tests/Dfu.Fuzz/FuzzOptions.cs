using System.Globalization;
using Dfu.Fuzz.Engine;
using Dfu.Fuzz.Targets;

namespace Dfu.Fuzz;

/// <summary>What the command line asks for.</summary>
internal sealed record FuzzOptions
{
    private const string Usage =
        """
        usage: dotnet run -c Release --project tests/Dfu.Fuzz -- [--target NAME]... [--inputs N] [--minutes M] [--seed N] [--keep] [--replay FILE]

          --target NAME   this target only, repeated for more
          --inputs N      inputs of each target, 1000000 unless said otherwise
          --minutes M     at most so long for each target
          --seed N        another run; the same seed gives the same one
          --keep          write the smallest corpus that takes all ways that were found to tests/Dfu.Fuzz/corpus
          --replay FILE   run this one input of the one target
        """;

    public IReadOnlyList<IFuzzTarget> Targets { get; private init; } = FuzzTargets.All;

    public FuzzOrder Order { get; private init; } = new(1_000_000, null, 1);

    public bool Keep { get; private init; }

    public string? Replay { get; private init; }

    /// <summary>It is the process whose parsers are instrumented.</summary>
    public bool IsInstrumented { get; private init; }

    /// <returns>Null when it makes no sense, which is said then.</returns>
    public static FuzzOptions? Parse(string[] args)
    {
        var options = new FuzzOptions();
        var named = new List<IFuzzTarget>();
        for (var i = 0; i < args.Length; i++)
        {
            var value = i + 1 < args.Length ? args[i + 1] : "";
            switch (args[i])
            {
                case "--target" when FuzzTargets.All.FirstOrDefault(target => target.Name == value) is { } target:
                    named.Add(target);
                    break;
                case "--inputs" when long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var inputs):
                    options = options with { Order = options.Order with { Inputs = inputs } };
                    break;
                case "--minutes" when double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var minutes):
                    options = options with { Order = options.Order with { For = TimeSpan.FromMinutes(minutes) } };
                    break;
                case "--seed" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seed):
                    options = options with { Order = options.Order with { Seed = seed } };
                    break;
                case "--replay" when File.Exists(value):
                    options = options with { Replay = value };
                    break;
                case "--keep":
                    options = options with { Keep = true };
                    continue;
                case InstrumentedCopy.Mark:
                    options = options with { IsInstrumented = true };
                    continue;
                default:
                    Console.Error.WriteLine(Usage);
                    Console.Error.WriteLine($"targets: {string.Join(' ', FuzzTargets.All.Select(static target => target.Name))}");
                    return null;
            }

            i++;
        }

        return named.Count == 0 ? options : options with { Targets = named };
    }
}
