using System.Globalization;
using Dfu.Fleet.Devices;

namespace Dfu.Benchmarks.Stations;

/// <summary>What the transfers of a station do while its storage stalls in the middle of them.</summary>
internal static class StallBenchmark
{
    private const int Devices = 6;
    private const int Radios = 2;
    private const int ImageBytes = 256 * 1024;

    /// <returns>0 when no stall interrupted anything.</returns>
    public static async Task<int> RunAsync()
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Devices} devices, {ImageBytes / 1024} KiB each, over {Radios} radios of a station; its storage stalls when a third of all bytes is sent."));
        Console.WriteLine(
            $"{"stall",7}{"updated",9}{"interrupted",13}{"links closed",14}{"sent meanwhile",16}{"sent again",12}{"longest write",15}{"time",9}");
        var usual = await StallAsync(TimeSpan.Zero);
        var wrong = usual.Right ? 0 : 1;
        foreach (var seconds in new[] { 1, 4, 10, 30 })
        {
            var run = await StallAsync(TimeSpan.FromSeconds(seconds));
            wrong += run.Right && run.Closed <= usual.Closed && run.Again <= usual.Again ? 0 : 1;
        }

        Console.WriteLine("Without a stall too the link of the first device is closed once, on purpose, to learn whether its bootloader keeps progress.");
        Console.WriteLine(wrong == 0 ? "no stall interrupted anything" : $"{wrong} runs are not as they must be");
        return wrong == 0 ? 0 : 1;
    }

    private static async Task<(bool Right, int Closed, long Again)> StallAsync(TimeSpan stall)
    {
        StallingStorage? storage = null;
        await using var station = new WatchedStation(
            Devices, Radios, ImageBytes, TimeProvider.System, inner => storage = new StallingStorage(inner, TimeProvider.System));
        var devices = Enumerable.Range(0, Devices).Select(station.PowerOn).ToArray();
        long Received() => devices.Sum(static device => device.Counters.FirmwareBytes);
        var (meanwhile, stalled) = (0L, stall == TimeSpan.Zero);
        var view = await station.RunAsync(async () =>
        {
            await station.UntilAsync(_ => Received() >= Devices * ImageBytes / 3);
            if (stall == TimeSpan.Zero) return;
            var bytes = Received();
            storage!.Stall();
            try
            {
                await station.AfterAsync(stall);
                stalled = true;
            }
            finally
            {
                meanwhile = Received() - bytes;
                storage.GoOn();
            }
        });
        var updated = view.Devices.Count(static device => device.Outcome == DeviceOutcome.Updated);
        var interrupted = view.Devices.Sum(static device => device.Attempts - 1);

        // A device needs one link for its application and one for its bootloader.
        var closed = devices.Sum(static device => device.Counters.Connects - 2);
        var again = view.Devices.Sum(static device => device.BytesResent);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{stall.TotalSeconds,5:0} s{updated,9}{interrupted,13}{closed,14}{meanwhile,16:#,0}{again,12:#,0}")
            + string.Create(CultureInfo.InvariantCulture, $"{storage!.LongestWrite.TotalSeconds,13:0.0} s{station.Seconds,7:0} s"));
        return (stalled && updated == Devices && interrupted == 0, closed, again);
    }
}
