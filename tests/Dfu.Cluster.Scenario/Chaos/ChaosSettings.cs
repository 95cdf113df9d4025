using System.Globalization;
using Dfu.Cluster.Scenario.Processes;

namespace Dfu.Cluster.Scenario.Chaos;

/// <summary>Sizes of the chaos and for how long it lasts.</summary>
internal sealed record ChaosSettings
{
    public const string Usage =
        """
        usage: ./test --scenario chaos [OPTIONS]
          --minutes N      for so long processes are killed and stopped, 10 unless given
          --kills N        or until there were so many kills and stops
          --seed N         of which process is hurt when and how, of the time unless given
          --devices N      that are updated again and again, 12 unless given
          --size BYTES     of each image, 65536 unless given
          --time-scale N   simulated seconds in a real one, 4 unless given
          --most-quiet N   minutes in which the last campaign must end when nothing is hurt any more, 10 unless given
        """;

    public double Minutes { get; init; } = 10;
    public int Kills { get; init; } = int.MaxValue;
    public int Seed { get; init; } = Environment.TickCount & 0xFFFF;
    public int Devices { get; init; } = 12;
    public int Size { get; init; } = 64 * 1024;
    public double TimeScale { get; init; } = 4;
    public double MostQuiet { get; init; } = 10;

    /// <exception cref="ScenarioException">An argument is not understood.</exception>
    public static ChaosSettings Parse(string[] arguments)
    {
        var settings = new ChaosSettings();
        for (var i = 0; i < arguments.Length; i += 2)
        {
            if (i + 1 == arguments.Length || !double.TryParse(arguments[i + 1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value))
                throw new ScenarioException($"{arguments[i]} takes a number\n{Usage}");
            settings = arguments[i] switch
            {
                "--minutes" => settings with { Minutes = value },
                "--kills" => settings with { Kills = (int)value },
                "--seed" => settings with { Seed = (int)value },
                "--devices" => settings with { Devices = (int)value },
                "--size" => settings with { Size = (int)value },
                "--time-scale" => settings with { TimeScale = value },
                "--most-quiet" => settings with { MostQuiet = value },
                _ => throw new ScenarioException($"'{arguments[i]}' is not understood\n{Usage}"),
            };
        }

        return settings;
    }
}
