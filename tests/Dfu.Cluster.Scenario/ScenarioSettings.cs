using System.CommandLine;

namespace Dfu.Cluster.Scenario;

/// <summary>Sizes of the scenario; times are in seconds.</summary>
internal sealed record ScenarioSettings
{
    public required int Devices { get; init; }

    /// <summary>Bytes of the image.</summary>
    public required int Size { get; init; }
    public required double TimeScale { get; init; }

    /// <summary>The member is killed when so much of all bytes has arrived.</summary>
    public required double KillAt { get; init; }

    /// <summary>Whether a member is killed at all.</summary>
    public required bool Kills { get; init; }

    /// <summary>The database is away for so long, before the member is killed; null for never.</summary>
    public double? DatabaseAway { get; init; }

    /// <summary>It is not stopped for that time but hangs: connections stay open and nobody answers.</summary>
    public bool DatabaseHangs { get; init; }

    /// <summary>The killed member is started again so long after.</summary>
    public required double RestartAfter { get; init; }

    /// <summary>What the killed member's devices may wait at most until the first of them is sent to elsewhere.</summary>
    public required double MostOutage { get; init; }
    public required double MostTotal { get; init; }

    public static RootCommand Command(Func<ScenarioSettings, Task<int>> run)
    {
        var devices = CommandLines.Whole("--devices", "that are updated", 100, 1);
        var size = CommandLines.Whole("--size", "bytes of the image", 128 * 1024, 1);
        var timeScale = CommandLines.Number("--time-scale", "simulated seconds in a real one", 1, 0.01);
        var killAt = CommandLines.Number("--kill-at", "a member is killed, and the database goes away, when so much of all bytes has arrived", 0.25, most: 1);
        var noKill = new Option<bool>("--no-kill") { Description = "no member is killed" };
        var away = CommandLines.Number("--database-away", "seconds for which the PostgreSQL server is stopped", 0);
        var hangs = CommandLines.Number("--database-hangs", "seconds for which the PostgreSQL server's processes are held up", 0);
        var restartAfter = CommandLines.Number("--restart-after", "seconds after which the killed member is started again", 15);
        var mostOutage = CommandLines.Number("--most-outage", "seconds that its devices may wait at most for another radio", 30);
        var mostTotal = CommandLines.Number("--most-total", "seconds for all of it", 900);
        var command = new RootCommand("Plays a cluster through with real processes.")
        {
            devices, size, timeScale, killAt, noKill, away, hangs, restartAfter, mostOutage, mostTotal,
        };
        command.SetAction((result, _) => run(new()
        {
            Devices = result.GetValue(devices),
            Size = result.GetValue(size),
            TimeScale = result.GetValue(timeScale),
            KillAt = result.GetValue(killAt),
            Kills = !result.GetValue(noKill),
            DatabaseAway = Math.Max(result.GetValue(away), result.GetValue(hangs)) is > 0 and var seconds ? seconds : null,
            DatabaseHangs = result.GetValue(hangs) > 0,
            RestartAfter = result.GetValue(restartAfter),
            MostOutage = result.GetValue(mostOutage),
            MostTotal = result.GetValue(mostTotal),
        }));
        return command;
    }
}
