using Dfu.Cluster.Tests.Storage;
using Dfu.Silo.Storage.Sqlite;

namespace Dfu.Cluster.Tests.Children;

/// <summary>Writes states until it is killed, and prints <c>grain round</c> of each write that was acknowledged.</summary>
internal static class SqliteWriter
{
    public const string Role = "sqlite-writer";
    public const int Writers = 32;

    /// <summary>Long, so that a torn write would show.</summary>
    public static string Content(string grain, int round) => $$"""{"v":1,"grain":"{{grain}}","round":{{round}},"filler":"{{new string('x', 2000)}}"}""";

    public static async Task<int> RunAsync(string directory)
    {
        using var storage = SqliteGrainStorage.Open(directory);
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(n => WriteAsync(storage, $"g{n}")));
        return 0;
    }

    private static async Task WriteAsync(SqliteGrainStorage storage, string grain)
    {
        var state = await storage.DocumentAsync(grain);
        for (var round = 1; ; round++)
        {
            state.State.Json = Content(grain, round);
            await storage.WriteAsync(grain, state);
            lock (Console.Out) Console.Out.WriteLine($"{grain} {round}");
        }
    }
}
