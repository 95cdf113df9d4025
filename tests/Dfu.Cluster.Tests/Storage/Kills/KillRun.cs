using System.CommandLine;
using System.Globalization;
using Dfu.Cluster.Scenario;
using Dfu.Cluster.Tests.Support;
using Dfu.Protocol.Errors;

namespace Dfu.Cluster.Tests.Storage.Kills;

/// <summary>What <c>./test --scenario storage</c> plays: writers of the SQLite store are killed until there were as many kills as asked for.</summary>
internal static class KillRun
{
    public const string Role = "storage";
    private const int TellEvery = 100;

    public static Task<int> RunAsync(string[] arguments)
    {
        var kills = CommandLines.Whole("--kills", "processes that are killed while they write", 1000, 1);
        var seed = CommandLines.Whole("--seed", "of the moments; of the time unless given", Environment.TickCount & 0xFFFF);
        var command = new RootCommand("Kills writers of the SQLite store.") { kills, seed };
        command.SetAction((result, _) => RunAsync(result.GetValue(kills), result.GetValue(seed)));
        return command.RunAsync(arguments, Console.Out, Console.Error);
    }

    private static async Task<int> RunAsync(int kills, int seed)
    {
        var lanes = Math.Max(1, Math.Min(Environment.ProcessorCount, kills));
        Console.WriteLine($"{kills} kills of writers of the SQLite store, {lanes} at a time, seed {seed}");
        var began = TimeProvider.System.GetTimestamp();
        var done = 0;
        try
        {
            var stores = await Task.WhenAll(Enumerable.Range(0, lanes).Select(lane => Task.Run(async () =>
            {
                using var directory = new TemporaryDirectory();
                var store = new KilledStore(directory.Path, new Random(seed + lane));
                for (var n = lane; n < kills; n += lanes)
                {
                    await store.KillAsync();
                    if (Interlocked.Increment(ref done) % TellEvery == 0) Console.WriteLine($"{Seconds(),6:0} s  {done} kills");
                }

                return store;
            })));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{done} kills in {Seconds():0} s, {stores.Sum(static store => store.KilledEarly)} of them before a writer's first write; "
                    + $"{stores.Sum(static store => store.Acknowledged):#,0} acknowledged writes, each was there, whole, and nothing else"));
            return 0;
        }
        catch (Exception e) when (e is InvalidOperationException or DfuException)
        {
            Console.WriteLine($"WRONG, seed {seed}: {e.Message}");
            return 1;
        }

        double Seconds() => TimeProvider.System.GetElapsedTime(began).TotalSeconds;
    }
}
