using System.Globalization;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Links;

namespace Dfu.Benchmarks.Stations;

/// <summary>What the devices of a station do while somebody sets its clock: some are at work, others not powered yet, so that nobody hears them.</summary>
internal static class ClockBenchmark
{
    private const int AtWork = 4;
    private const int Waiting = 10;
    private const int Radios = 2;
    private const int ImageBytes = 128 * 1024;
    private static readonly TimeSpan PoweredAfter = TimeSpan.FromSeconds(5);

    /// <returns>0 when every device was updated, as soon as with a clock that nobody sets.</returns>
    public static async Task<int> RunAsync()
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{AtWork} devices at work and {Waiting} that wait, {ImageBytes / 1024} KiB each, over {Radios} radios; the clock is set in the middle,"));
        Console.WriteLine($"and {PoweredAfter.TotalSeconds:0} s later the waiting devices are powered. Waited: from then until its attempt began.");
        Console.WriteLine($"{"clock",9}{"updated",9}{"failed",8}{"interrupted",13}{"waited",17}{"time",9}");
        var usual = await SetAsync("not set", TimeSpan.Zero);
        var wrong = usual.Right ? 0 : 1;
        foreach (var (name, by) in new[] { ("+10 min", TimeSpan.FromMinutes(10)), ("-10 min", -TimeSpan.FromMinutes(10)), ("+1 day", TimeSpan.FromDays(1)) })
        {
            var run = await SetAsync(name, by);
            wrong += run.Right && run.Last <= usual.Last * 1.5 ? 0 : 1;
        }

        Console.WriteLine(wrong == 0 ? "no clock that was set decided anything" : $"{wrong} runs are not as they must be");
        return wrong == 0 ? 0 : 1;
    }

    private static async Task<(bool Right, double Last)> SetAsync(string name, TimeSpan by)
    {
        var clock = new SetClock();
        await using var station = new WatchedStation(AtWork + Waiting, Radios, ImageBytes, clock);
        var working = Enumerable.Range(0, AtWork).Select(station.PowerOn).ToArray();
        var waited = new Dictionary<BluetoothAddress, double>();
        var view = await station.RunAsync(async () =>
        {
            await station.UntilAsync(_ => working.Sum(static device => device.Counters.FirmwareBytes) >= AtWork * ImageBytes / 3);
            clock.Set(by);
            await station.AfterAsync(PoweredAfter);
            var waiting = Enumerable.Range(AtWork, Waiting).Select(station.PowerOn).Select(static device => device.ApplicationAddress).ToHashSet();
            var powered = station.Seconds;
            await station.UntilAsync(now =>
            {
                foreach (var device in now.Devices)
                {
                    if (waiting.Contains(device.Application) && (device.Attempts > 0 || device.Outcome != DeviceOutcome.Pending))
                        waited.TryAdd(device.Application, station.Seconds - powered);
                }

                return waited.Count == waiting.Count;
            });
        });
        var updated = view.Devices.Count(static device => device.Outcome == DeviceOutcome.Updated);
        var failed = view.Devices.Count(static device => device.Outcome == DeviceOutcome.Failed);
        var interrupted = view.Devices.Sum(static device => Math.Max(0, device.Attempts - 1));
        var (first, last) = (waited.Values.DefaultIfEmpty().Min(), waited.Values.DefaultIfEmpty().Max());
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{name,9}{updated,9}{failed,8}{interrupted,13}{first,6:0.0} to {last,5:0.0} s{station.Seconds,7:0} s"));
        return (updated == AtWork + Waiting && failed == 0 && interrupted == 0 && waited.Count == Waiting, last);
    }
}
