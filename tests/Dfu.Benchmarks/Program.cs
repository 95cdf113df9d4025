using Dfu.Benchmarks;
using Dfu.Benchmarks.Endurance;
using Dfu.Benchmarks.Fleets;
using Dfu.Benchmarks.Followers;
using Dfu.Benchmarks.Performance;
using Dfu.Benchmarks.Shifts;
using Dfu.Benchmarks.Stations;

switch (args)
{
    case []:
        TransferTable.Print();
        return 0;
    case ["followers", .. var rest] when rest.Length <= 1 && (rest.Length == 0 || int.TryParse(rest[0], out _)):
        return await FollowerBenchmark.RunAsync(rest.Length == 0 ? 20 : int.Parse(rest[0], System.Globalization.CultureInfo.InvariantCulture));
    case ["shift", .. var rest] when rest.Length <= 1 && (rest.Length == 0 || int.TryParse(rest[0], out _)):
        return ShiftBenchmark.Run(rest.Length == 0 ? 1 : Math.Max(1, int.Parse(rest[0], System.Globalization.CultureInfo.InvariantCulture)));
    case ["performance", .. var rest] when rest.Length <= 1:
        PerformanceReport.Print(rest.FirstOrDefault());
        return 0;
    case ["directory"]:
        DirectoryBenchmark.Print();
        return 0;
    case ["stalls"]:
        return await StallBenchmark.RunAsync();
    case ["clocks"]:
        return await ClockBenchmark.RunAsync();
    case ["station", .. var rest] when rest.Length <= 1 && (rest.Length == 0 || int.TryParse(rest[0], out _)):
        await StationBenchmark.RunAsync(rest.Length == 0 ? 1000 : Math.Max(10, int.Parse(rest[0], System.Globalization.CultureInfo.InvariantCulture)));
        return 0;
    case ["feed", .. var rest] when rest.Length <= 3 && rest.All(static text => int.TryParse(text, out _)):
        return await FeedBenchmark.RunAsync([.. rest.Select(static text => int.Parse(text, System.Globalization.CultureInfo.InvariantCulture))]);
    case ["endurance", .. var rest] when EnduranceOptions.Parse(rest) is { } endurance:
        return await EnduranceBenchmark.RunAsync(endurance.Minutes, endurance.Svg);
    case ["fleet", .. var rest] when FleetOptions.Parse(rest) is { } fleet:
        return await FleetBenchmark.RunAsync(fleet);
    case [FleetProcess.Role, var devices, var adapters, var storage]:
        await FleetProcess.RunAsync(devices, adapters, storage);
        return 0;
    case [EnduranceServer.Role, var directory]:
        await EnduranceServer.RunAsync(directory);
        return 0;
    case [FollowedServer.Role, .. var load]:
        await FollowedServer.RunAsync(FollowedLoad.Parse(load));
        return 0;
    default:
        Console.Error.WriteLine(
            """
            usage: dotnet run -c Release --project tests/Dfu.Benchmarks [-- COMMAND]
              without a command    how fast one transfer is, in virtual time
              followers [SECONDS]  what following a campaign of 5,000 devices costs its server; each of ten measurements takes so long, 20 unless given
              feed [DEVICES [VIEWERS [ACTIVE]]]
                                   what it costs to show a campaign to viewers by server-sent events; 1,000, 10 and at most 1,000 unless given
              performance [PLOTS]  the tables of docs/PERFORMANCE.md that are in virtual time, and its plots into that folder; about three minutes
              directory            how large the directory of 500 campaigns of 5,000 devices is, and how long it takes to decide in it
              stalls               what a station's transfers do while its storage stalls for 1, 4, 10 and 30 s; about three minutes
              clocks               what a station's devices do while its clock is set by +10 min, -10 min and +1 day; about two minutes
              endurance [--minutes N] [--svg FILE]
                                   whether a server of a virtual farm grows: memory, handles, threads, database; 60 minutes unless given
              fleet [--devices N,..] [--adapters N,..] [--storage none,sqlite,postgres] [--plots FOLDER]
                                   transfers at once in real time, against the model of devices and radios alone; about eight minutes
              shift [SEEDS]        how long a shift of 600 units takes, against what nothing can beat and a naive scheduler; one seed unless given
              station [CAMPAIGNS]  how large a station's data directory gets over so many nightly builds, 1,000 unless given
            """);
        return 2;
}
