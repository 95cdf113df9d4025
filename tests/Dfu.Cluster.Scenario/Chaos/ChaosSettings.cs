using System.CommandLine;

namespace Dfu.Cluster.Scenario.Chaos;

/// <summary>Sizes of the chaos and for how long it lasts.</summary>
internal sealed record ChaosSettings
{
    public required double Minutes { get; init; }
    public required int Kills { get; init; }
    public required int Seed { get; init; }
    public required int Devices { get; init; }
    public required int Size { get; init; }
    public required double TimeScale { get; init; }
    public required double MostQuiet { get; init; }

    public static Command Command(Func<ChaosSettings, Task<int>> run)
    {
        var minutes = CommandLines.Number("--minutes", "for so long processes are killed and stopped", 10);
        var kills = CommandLines.Whole("--kills", "or until there were so many kills; 0 is no limit", 0);
        var seed = CommandLines.Whole("--seed", "of which process is hurt when and how; of the time unless given", Environment.TickCount & 0xFFFF);
        var devices = CommandLines.Whole("--devices", "that are updated again and again", 12, 1);
        var size = CommandLines.Whole("--size", "bytes of each image", 64 * 1024, 1);
        var timeScale = CommandLines.Number("--time-scale", "simulated seconds in a real one", 4, 0.01);
        var mostQuiet = CommandLines.Number("--most-quiet", "minutes in which the last campaign must end when nothing is hurt any more", 10);
        var command = new Command("chaos", "Kills and stops the processes of a cluster at random.")
        {
            minutes, kills, seed, devices, size, timeScale, mostQuiet,
        };
        command.SetAction((result, _) => run(new()
        {
            Minutes = result.GetValue(minutes),
            Kills = result.GetValue(kills) is > 0 and var most ? most : int.MaxValue,
            Seed = result.GetValue(seed),
            Devices = result.GetValue(devices),
            Size = result.GetValue(size),
            TimeScale = result.GetValue(timeScale),
            MostQuiet = result.GetValue(mostQuiet),
        }));
        return command;
    }
}
