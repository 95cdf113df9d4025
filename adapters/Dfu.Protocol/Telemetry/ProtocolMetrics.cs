using System.Diagnostics.Metrics;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Timing;

namespace Dfu.Protocol.Telemetry;

/// <summary>The instruments of a transfer (what single objects and saves cost) and of background work. docs/telemetry.md has the table.</summary>
public static class ProtocolMetrics
{
    public const string Name = "Dfu.Protocol";

    private static readonly Meter Meter = new(Name);
    private static readonly Histogram<double> Objects = Meter.CreateHistogram(
        "dfu.object.duration",
        "s",
        "From the first CREATE of a data object until the device holds it whole, repetitions and its EXECUTE included.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10] });
    private static readonly Histogram<double> Saves = Meter.CreateHistogram(
        "dfu.save.duration",
        "s",
        "What a forced save cost, from its first request to the answer of its barrier.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1, 2, 5] });
    private static readonly Counter<long> Repeats = Meter.CreateCounter<long>(
        "dfu.object.repeats", "{object}", "Data objects that the device held short or with a wrong checksum and that were sent again over the same link.");
    private static readonly Counter<long> Faults = Meter.CreateCounter<long>(
        "dfu.background.faults", "{fault}", "Failures of background work that nothing handles; each one is a defect.");

    private static readonly KeyValuePair<string, object?> Short = new("dfu.repeat.reason", "short");
    private static readonly KeyValuePair<string, object?> Corrupt = new("dfu.repeat.reason", "corrupt");

    internal static void ObjectDone(TimeSpan took) => Objects.Record(took.TotalSeconds);

    internal static void Saved(TimeSpan took) => Saves.Record(took.TotalSeconds);

    /// <param name="whole">As many bytes arrived as were sent, but not these.</param>
    internal static void Repeated(bool whole) => Repeats.Add(1, whole ? Corrupt : Short);

    internal static void BackgroundFault(BackgroundFault fault) => Faults.Add(
        1,
        new("dfu.background.work", fault.Work),
        new("error.type", fault.Exception is DfuException e ? e.Error.Code() : fault.Exception.GetType().Name));
}
