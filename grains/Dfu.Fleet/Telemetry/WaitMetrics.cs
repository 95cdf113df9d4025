using System.Diagnostics;
using System.Diagnostics.Metrics;
using Dfu.Protocol.Errors;

namespace Dfu.Fleet.Telemetry;

/// <summary>What devices, attempts and activations wait for: slots, leases, storage. docs/telemetry.md has the table.</summary>
public static class WaitMetrics
{
    private static readonly double[] Milliseconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
    private static readonly double[] LeaseSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 2.5, 3];
    private static readonly double[] Minutes = [0.1, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 3600];

    private static readonly Histogram<double> SlotWait = FleetMetrics.Meter.CreateHistogram(
        "dfu.queue.wait",
        "s",
        "From a device's first request for a slot to its grant; a pause after a failure is not counted.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = Minutes });
    private static readonly Histogram<double> Storage = FleetMetrics.Meter.CreateHistogram(
        "dfu.storage.duration",
        "s",
        "Reads, writes and clears of grain states.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = Milliseconds });
    private static readonly Histogram<double> Lease = FleetMetrics.Meter.CreateHistogram(
        "dfu.lease.duration",
        "s",
        "From an attempt's report to its device's answer, which is its lease.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = LeaseSeconds });
    private static readonly Counter<long> LostLeases = FleetMetrics.Meter.CreateCounter<long>(
        "dfu.lease.lost", "{lease}", "Attempts that stopped themselves because their device did not answer in time.");

    public static void Granted(TimeSpan waited) => SlotWait.Record(Math.Max(0, waited.TotalSeconds));

    public static void LeaseRenewed(TimeSpan after) => Lease.Record(after.TotalSeconds);

    public static void LeaseLost(string adapter) => LostLeases.Add(1, FleetMetrics.Adapter(adapter));

    /// <param name="operation"><c>read</c>, <c>write</c> or <c>clear</c>.</param>
    /// <param name="failure">Null when it went well.</param>
    public static void Stored(string operation, Exception? failure, TimeSpan took)
    {
        var tags = new TagList { { "dfu.storage.operation", operation } };
        if (failure is not null) tags.Add("error.type", failure is DfuException e ? e.Error.Code() : failure.GetType().Name);
        Storage.Record(took.TotalSeconds, tags);
    }
}
