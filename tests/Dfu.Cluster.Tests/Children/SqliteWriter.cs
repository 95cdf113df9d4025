using System.Globalization;
using Dfu.Cluster.Tests.Storage.Kills;
using Dfu.Protocol.Errors;
using Dfu.Silo.Storage.Sqlite;

namespace Dfu.Cluster.Tests.Children;

/// <summary>
/// Writes states as fast as it can until it is killed: prints <c>opening</c> and <c>open</c>, then <c>GRAIN WRITE</c> for each write that was
/// acknowledged; or <c>refused</c> and why.
/// </summary>
internal static class SqliteWriter
{
    public const string Role = "sqlite-writer";

    public static async Task<int> RunAsync(string directory, string run)
    {
        Say("opening");
        try
        {
            using var storage = SqliteGrainStorage.Open(directory);
            Say("open");
            var number = int.Parse(run, CultureInfo.InvariantCulture);
            await Task.WhenAll(Enumerable.Range(0, WrittenValue.Grains).Select(grain => WriteAsync(storage, grain, number)));
            return 0;
        }
        catch (DfuException refusal)
        {
            Say($"refused {refusal.Error}: {refusal.Message}");
            return 1;
        }
    }

    private static async Task WriteAsync(SqliteGrainStorage storage, int grain, int run)
    {
        var state = await WrittenValue.ReadAsync(storage, grain);
        for (var write = 1; ; write++)
        {
            await new WrittenValue(grain, run, write).WriteAsync(storage, state);
            Say($"{grain} {write}");
        }
    }

    private static void Say(string what)
    {
        lock (Console.Out) Console.Out.WriteLine(what);
    }
}
