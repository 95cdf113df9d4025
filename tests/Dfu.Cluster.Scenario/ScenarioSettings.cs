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

    /// <summary>Whether a member is killed at all.</summary>
    public bool Kills { get; init; } = true;

    /// <summary>The database is away for so long, before the member is killed; null for never.</summary>
    public double? DatabaseAway { get; init; }

    /// <summary>It is not stopped for that time but hangs: connections stay open and nobody answers.</summary>
    public bool DatabaseHangs { get; init; }

    /// <summary>The killed member is started again so long after.</summary>
    public double RestartAfter { get; init; } = 15;

    /// <summary>What the killed member's devices may wait at most until the first of them is sent to elsewhere.</summary>
    public double MostOutage { get; init; } = 30;
    public double MostTotal { get; init; } = 900;

    public const string Usage =
        """
        usage: dotnet run -c Release --project tests/Dfu.Cluster.Scenario [-- OPTIONS]
          --devices N               100 unless given
          --size BYTES              of the image, 131072 unless given
          --time-scale N            simulated seconds in a real one, 1 unless given
          --kill-at FRACTION        a member is killed, and the database goes away, when so much of all bytes has arrived, 0.25 unless given
          --no-kill                 no member is killed
          --database-away SECONDS   the PostgreSQL server is stopped for so long
          --database-hangs SECONDS  the PostgreSQL server's processes are held up for so long
          --restart-after SECONDS   the killed member is started again so long after, 15 unless given
          --most-outage SECONDS     that its devices may wait at most for another radio, 30 unless given
          --most-total SECONDS      for all of it, 900 unless given
        """;

    /// <exception cref="Processes.ScenarioException">An argument is not understood.</exception>
    public static ScenarioSettings Parse(string[] arguments)
    {
        var settings = new ScenarioSettings();
        for (var i = 0; i < arguments.Length; i += 2)
        {
            if (arguments[i] == "--no-kill")
            {
                (settings, i) = (settings with { Kills = false }, i - 1);
                continue;
            }

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
                "--database-away" => settings with { DatabaseAway = value },
                "--database-hangs" => settings with { DatabaseAway = value, DatabaseHangs = true },
                _ => throw new Processes.ScenarioException($"'{arguments[i]}' is not understood\n{Usage}"),
            };
        }

        return settings;
    }
}
