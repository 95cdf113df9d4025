using System.CommandLine;
using Dfu.Benchmarks.Endurance;
using Dfu.Benchmarks.Fleets;
using Dfu.Benchmarks.Followers;
using Dfu.Benchmarks.Performance;
using Dfu.Benchmarks.Shifts;
using Dfu.Benchmarks.Stations;
using Dfu.Cluster.Scenario;

namespace Dfu.Benchmarks;

/// <summary>What can be measured. Without a command: how fast one transfer is, in virtual time.</summary>
internal static class BenchmarkCommands
{
    public static RootCommand All()
    {
        var root = new RootCommand("Measures. Without a command: how fast one transfer is, in virtual time.")
        {
            Followers(), Feed(), Performance(), Endurance(), FleetOptions.Command(FleetBenchmark.RunAsync), Shift(), Station(),
            Plain(
                "directory",
                "How large the directory of 500 campaigns of 5,000 devices is, and how long it takes to decide in it.",
                () => Task.FromResult(Done(DirectoryBenchmark.Print))),
            Plain("stalls", "What a station's transfers do while its storage stalls for 1, 4, 10 and 30 s; three minutes.", StallBenchmark.RunAsync),
            Plain("clocks", "What a station's devices do while its clock is set by +10 min, -10 min and +1 day; two minutes.", ClockBenchmark.RunAsync),
        };
        root.SetAction(static _ => Done(TransferTable.Print));
        return root;
    }

    private static Command Followers()
    {
        var seconds = CommandLines.WholeArgument("SECONDS", "that each of ten measurements takes", 20);
        var command = new Command("followers", "What following a campaign of 5,000 devices costs its server.") { seconds };
        command.SetAction((result, _) => FollowerBenchmark.RunAsync(result.GetValue(seconds)));
        return command;
    }

    private static Command Feed()
    {
        var devices = CommandLines.WholeArgument("DEVICES", "of the campaign", 1000);
        var viewers = CommandLines.WholeArgument("VIEWERS", "who look at it", 10, 0);
        var active = CommandLines.WholeArgument("ACTIVE", "devices that are sent something, if there are so many", 1000, 0);
        var command = new Command("feed", "What it costs to show a campaign to viewers by server-sent events.") { devices, viewers, active };
        command.SetAction((result, _) =>
            FeedBenchmark.RunAsync(result.GetValue(devices), result.GetValue(viewers), Math.Min(result.GetValue(devices), result.GetValue(active))));
        return command;
    }

    private static Command Performance()
    {
        var plots = CommandLines.FolderArgument("PLOTS", "the folder that gets its plots; none unless given");
        var command = new Command("performance", "The tables of docs/PERFORMANCE.md that are in virtual time; three minutes.") { plots };
        command.SetAction(result => Done(() => PerformanceReport.Print(result.GetValue(plots))));
        return command;
    }

    private static Command Endurance()
    {
        var minutes = CommandLines.Number("--minutes", "for so long", 60);
        var svg = CommandLines.Output("--svg", "where the plot is written; nowhere unless given");
        var command = new Command("endurance", "Whether a server of a virtual farm grows: memory, handles, threads, database.") { minutes, svg };
        command.SetAction((result, _) => EnduranceBenchmark.RunAsync(result.GetValue(minutes), result.GetValue(svg)));
        return command;
    }

    private static Command Shift()
    {
        var seeds = CommandLines.WholeArgument("SEEDS", "that are run", 1);
        var command = new Command("shift", "How long a shift of 600 units takes, against what nothing can beat and a naive scheduler.") { seeds };
        command.SetAction(result => ShiftBenchmark.Run(result.GetValue(seeds)));
        return command;
    }

    private static Command Station()
    {
        var campaigns = CommandLines.WholeArgument("CAMPAIGNS", "of nightly builds", 1000, 10);
        var command = new Command("station", "How large a station's data directory gets.") { campaigns };
        command.SetAction((result, _) => StationBenchmark.RunAsync(result.GetValue(campaigns)));
        return command;
    }

    private static Command Plain(string name, string description, Func<Task<int>> run)
    {
        var command = new Command(name, description);
        command.SetAction((_, _) => run());
        return command;
    }

    private static int Done(Action print)
    {
        print();
        return 0;
    }
}
