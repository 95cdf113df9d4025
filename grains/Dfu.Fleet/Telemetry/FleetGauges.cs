using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using Dfu.Fleet.Adapters;

namespace Dfu.Fleet.Telemetry;

/// <param name="SlotsLimit">Transfers at once it takes at present.</param>
public readonly record struct AdapterReading(AdapterStatus Status, int SlotsUsed, int SlotsLimit);

/// <summary>How a campaign, or one grain's part of it, stands at this moment.</summary>
/// <param name="Waiting">Devices that wait for a slot, or for the end of a backoff.</param>
public sealed record FleetReading(int Waiting, ImmutableArray<AdapterReading> Adapters);

/// <summary>Gauges over everything in this process that can be asked how it stands. Nobody is asked unless somebody collects.</summary>
public static class FleetGauges
{
    private static readonly ConcurrentDictionary<Watch, Func<FleetReading?>> Watched = new();

    static FleetGauges()
    {
        var meter = FleetMetrics.Meter;
        meter.CreateObservableUpDownCounter("dfu.queue.length", Queue, "{device}", "Devices that wait for a slot.");
        meter.CreateObservableUpDownCounter("dfu.adapter.count", () => ByStatus(static _ => 1), "{adapter}", "Adapters, by status.");
        meter.CreateObservableUpDownCounter(
            "dfu.adapter.slots.used",
            () => ByStatus(static adapter => adapter.SlotsUsed),
            "{slot}",
            "Transfers that hold a slot, by the status of their adapter.");
        meter.CreateObservableUpDownCounter(
            "dfu.adapter.slots.limit",
            () => ByStatus(static adapter => adapter.SlotsLimit),
            "{slot}",
            "Transfers at once that adapters take at present, by their status.");
    }

    /// <summary>Adds to the gauges until the result is disposed.</summary>
    /// <param name="read">Called from any thread, quick, and null when there is nothing to say.</param>
    public static IDisposable Add(Func<FleetReading?> read)
    {
        var watch = new Watch();
        Watched[watch] = read;
        return watch;
    }

    private static ImmutableArray<FleetReading> Read() => [.. Watched.Values.Select(read => read()).OfType<FleetReading>()];

    private static IEnumerable<Measurement<int>> Queue()
    {
        var readings = Read();
        if (!readings.IsEmpty) yield return new(readings.Sum(reading => reading.Waiting));
    }

    /// <summary>Every status, so that one which nothing is in any more says 0.</summary>
    private static IEnumerable<Measurement<int>> ByStatus(Func<AdapterReading, int> value)
    {
        var readings = Read();
        if (readings.IsEmpty) yield break;
        foreach (var status in Enum.GetValues<AdapterStatus>())
        {
            var sum = readings.Sum(reading => reading.Adapters.Where(adapter => adapter.Status == status).Sum(value));
            yield return new(sum, new KeyValuePair<string, object?>("dfu.adapter.status", FleetMetrics.Code(status)));
        }
    }

    private sealed class Watch : IDisposable
    {
        public void Dispose() => Watched.TryRemove(this, out _);
    }
}
