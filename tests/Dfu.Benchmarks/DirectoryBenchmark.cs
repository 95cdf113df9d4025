using System.Globalization;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Links;

namespace Dfu.Benchmarks;

/// <summary>The directory of 500 campaigns of 5,000 devices each, none of which shares a device with another.</summary>
internal static class DirectoryBenchmark
{
    private const int Campaigns = 500;
    private const int Devices = 5000;

    public static void Print()
    {
        Console.WriteLine($"{Campaigns} campaigns of {Devices:#,0} devices. Their addresses as text are {18L * Campaigns * Devices / 1048576} MiB.");
        Console.WriteLine($"{"unfinished",12}{"document",14}{"to write",12}{"to read",12}{"to decide",12}");
        foreach (var unfinished in new[] { 0, 1, 10, 50 }) Print(unfinished);
    }

    private static void Print(int unfinished)
    {
        var directory = new DirectoryState();
        for (var i = 0; i < Campaigns; i++)
        {
            directory = ((CampaignDecision.Accepted)Decide(directory, Fleet(i), i)).Next;
            if (i < Campaigns - unfinished) directory = directory.Finish(directory.Campaigns[i].Campaign, new HashSet<string>());
        }

        var json = FleetJson.Write(directory);
        var write = Best(() => FleetJson.Write(directory));
        var read = Best(() => FleetJson.Read<DirectoryState>(json));
        var decide = Best(() => Decide(directory, Fleet(Campaigns), Campaigns));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{unfinished,12}{json.Length / 1024.0,10:#,0} KiB{write,9:0.0} ms{read,9:0.0} ms{decide,9:0.0} ms"));
    }

    private static CampaignDecision Decide(DirectoryState directory, TargetSelection targets, int minute) =>
        directory.Decide(new string('a', 64), targets, restart: false, DateTimeOffset.UnixEpoch.AddMinutes(minute));

    private static TargetSelection Fleet(int campaign) => new()
    {
        Addresses = [.. Enumerable.Range(campaign * Devices, Devices).Select(static n => new BluetoothAddress(0xC0_00_00_00_00_00ul + (ulong)n))],
    };

    /// <returns>Milliseconds.</returns>
    private static double Best(Func<object> work)
    {
        var best = double.MaxValue;
        for (var i = 0; i < 10; i++)
        {
            var begin = TimeProvider.System.GetTimestamp();
            GC.KeepAlive(work());
            best = Math.Min(best, TimeProvider.System.GetElapsedTime(begin).TotalMilliseconds);
        }

        return best;
    }
}
