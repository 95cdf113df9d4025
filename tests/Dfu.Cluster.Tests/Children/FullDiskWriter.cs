using System.Globalization;
using Dfu.Cluster.Tests.Storage.Kills;
using Dfu.Protocol.Errors;
using Dfu.Silo.Storage.Sqlite;

namespace Dfu.Cluster.Tests.Children;

/// <summary>
/// On a small disk: writes until there is no room, reads all that was acknowledged, makes room by deleting a file that was there before, writes on, and
/// reads all again from the file. Prints what it was told, and <c>whole</c> each time that nothing was missing.
/// </summary>
internal static class FullDiskWriter
{
    public const string Role = "full-disk-writer";

    public static async Task<int> RunAsync(string directory, string spare)
    {
        var stuffing = Path.Combine(directory, "stuffing");
        File.WriteAllBytes(stuffing, new byte[int.Parse(spare, CultureInfo.InvariantCulture)]);
        var data = Path.Combine(directory, "data");
        var acknowledged = new int[WrittenValue.Grains];
        using (var storage = SqliteGrainStorage.Open(data))
        {
            Console.WriteLine($"told {await WriteAsync(storage, acknowledged, int.MaxValue)}");
            await CheckAsync(storage, acknowledged);
        }

        // A station whose disk is full is started again, too.
        using (var storage = SqliteGrainStorage.Open(data))
        {
            await CheckAsync(storage, acknowledged);
            File.Delete(stuffing);
            Console.WriteLine($"after that {await WriteAsync(storage, acknowledged, 3)}");
        }

        using (var storage = SqliteGrainStorage.Open(data)) await CheckAsync(storage, acknowledged);
        return 0;
    }

    /// <returns>What the last write was told.</returns>
    private static async Task<string> WriteAsync(SqliteGrainStorage storage, int[] acknowledged, int rounds)
    {
        for (var round = 1; round <= rounds; round++)
        {
            for (var grain = 0; grain < WrittenValue.Grains; grain++)
            {
                try
                {
                    var next = new WrittenValue(grain, 1, acknowledged[grain] + 1);
                    await next.WriteAsync(storage, await WrittenValue.ReadAsync(storage, grain));
                    acknowledged[grain]++;
                }
                catch (DfuException full)
                {
                    return $"{full.Error}: {full.Message}";
                }
            }
        }

        return "nothing";
    }

    private static async Task CheckAsync(SqliteGrainStorage storage, int[] acknowledged)
    {
        for (var grain = 0; grain < WrittenValue.Grains; grain++)
        {
            var value = new WrittenValue(grain, 1, acknowledged[grain]);
            if (!await value.IsInAsync(storage)) Console.WriteLine($"{value} is not there");
        }

        Console.WriteLine("whole");
    }
}
