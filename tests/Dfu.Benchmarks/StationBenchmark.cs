using System.Globalization;

namespace Dfu.Benchmarks;

/// <summary>How large the data directory of a station gets that flashes another build every few days for ten years.</summary>
internal static class StationBenchmark
{
    private const int Years = 10;

    public static async Task RunAsync(int campaigns)
    {
        var directory = Directory.CreateTempSubdirectory("dfu-station-");
        try
        {
            var station = new Station(directory.FullName, TimeSpan.FromDays(365.25 * Years / campaigns));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{campaigns} campaigns over {Years} years, each with a build of its own for two boards; every second time the same boards."));
            Console.WriteLine("Bytes in the data directory:");
            Console.WriteLine($"{"campaigns",9}{"database",13}{"packages",13}{"counts",13}{"all",13}{"files",8}");
            for (var n = 1; n <= campaigns; n++)
            {
                var size = await station.FlashAsync();
                if (n != 1 && n % (campaigns / 10) != 0) continue;
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{size.Campaigns,9}{size.Database,13:#,0}{size.Packages,13:#,0}{size.Ledgers,13:#,0}{size.All,13:#,0}{size.Files,8}"));
            }
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
