using System.Globalization;

namespace Dfu.Cluster.Scenario;

/// <summary>Sizes of the scenario; times are in seconds.</summary>
internal sealed record ScenarioSettings
{
    public int Devices { get; init; } = 100;

    /// <summary>Bytes of the image.</summary>
    public int Size { get; init; } = 128 * 1024;
    public double TimeScale { get; init; } = 1;

    /// <summary>The member is killed when so much of all bytes has arrived.</summary>
    public double KillAt { get; init; } = 0.25;

    /// <summary>It is started again so long after.</summary>
    public double RestartAfter { get; init; } = 15;

    /// <summary>What the killed member's devices may wait at most until the first of them is sent to elsewhere.</summary>
    public double MostOutage { get; init; } = 15;
    public double MostTotal { get; init; } = 900;

    /// <exception cref="Processes.ScenarioException">An argument is not understood.</exception>
    public static ScenarioSettings Parse(string[] arguments)
    {
        var settings = new ScenarioSettings();
        for (var i = 0; i < arguments.Length; i += 2)
        {
            if (i + 1 == arguments.Length || !double.TryParse(arguments[i + 1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value))
                throw new Processes.ScenarioException($"{arguments[i]} takes a number");
            settings = arguments[i] switch
            {
                "--devices" => settings with { Devices = (int)value },
                "--size" => settings with { Size = (int)value },
                "--time-scale" => settings with { TimeScale = value },
                "--kill-at" => settings with { KillAt = value },
                "--restart-after" => settings with { RestartAfter = value },
                "--most-outage" => settings with { MostOutage = value },
                "--most-total" => settings with { MostTotal = value },
                _ => throw new Processes.ScenarioException(
                    $"'{arguments[i]}' is not understood: --devices, --size, --time-scale, --kill-at, --restart-after, --most-outage and --most-total are"),
            };
        }

        return settings;
    }
}
