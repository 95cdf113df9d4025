using System.Globalization;
using Dfu.Cluster.Tests.Support;
using Dfu.Protocol.Errors;

namespace Dfu.Cluster.Tests.Storage.Kills;

/// <summary>What <c>./test --scenario storage</c> plays: writers of the SQLite store are killed until there were as many kills as asked for.</summary>
internal static class KillRun
{
    public const string Role = "storage";
    private const int TellEvery = 100;

    private const string Usage =
        """
        usage: ./test --scenario storage [OPTIONS]
          --kills N   processes that are killed while they write, 1000 unless given
          --seed N    of the moments, of the time unless given
        """;

    public static async Task<int> RunAsync(string[] arguments)
    {
        if (Parse(arguments) is not var (kills, seed))
        {
            Console.WriteLine(Usage);
            return 2;
        }

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

    private static (int Kills, int Seed)? Parse(string[] arguments)
    {
        var (kills, seed) = (1000, Environment.TickCount & 0xFFFF);
        for (var i = 0; i < arguments.Length; i += 2)
        {
            if (i + 1 == arguments.Length || !int.TryParse(arguments[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var value)) return null;
            if (arguments[i] == "--kills") kills = value;
            else if (arguments[i] == "--seed") seed = value;
            else return null;
        }

        return (kills, seed);
    }
}
