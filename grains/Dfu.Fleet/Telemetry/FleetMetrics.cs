using System.Diagnostics;
using System.Diagnostics.Metrics;
using Dfu.Adapters;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Telemetry;

/// <summary>What decisions and adapters count. Few-valued tags only: device addresses are in spans, never here. docs/telemetry.md has the table.</summary>
public static class FleetMetrics
{
    public const string Name = "Dfu.Fleet";

    /// <summary>Shared with <see cref="FleetGauges"/>: one meter for the whole project.</summary>
    internal static readonly Meter Meter = new(Name);

    private static readonly double[] Minutes = [5, 10, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200, 3600];
    private static readonly double[] Seconds = [0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 7.5, 10, 15, 20, 30];

    private static readonly Counter<long> Sent = Meter.CreateCounter<long>("dfu.transfer.sent", "By", "Firmware bytes handed to links, repetitions included.");
    private static readonly Counter<long> Confirmed = Meter.CreateCounter<long>(
        "dfu.transfer.confirmed", "By", "Firmware bytes that devices executed with the right checksum; what a device loses afterwards counts again.");
    private static readonly Counter<long> Resent = Meter.CreateCounter<long>(
        "dfu.transfer.resent", "By", "Firmware bytes handed to links that had been sent before, by what made it necessary.");
    private static readonly Counter<long> Resumes = Meter.CreateCounter<long>(
        "dfu.transfer.resumes", "{resume}", "What devices were found to hold after a reconnect, by diagnosis.");
    private static readonly Counter<long> Kept = Meter.CreateCounter<long>(
        "dfu.transfer.kept", "By", "Firmware bytes that devices still held after a reconnect and that were not sent again, by diagnosis.");
    private static readonly Counter<long> Attempts = Meter.CreateCounter<long>(
        "dfu.attempt.ended", "{attempt}", "Attempts that ended, with the error if there was one.");
    private static readonly Counter<double> AttemptTime = Meter.CreateCounter<double>("dfu.attempt.time", "s", "Time that attempts spent, by what on.");
    private static readonly Counter<long> Recoveries = Meter.CreateCounter<long>(
        "dfu.adapter.recoveries", "{step}", "Steps that were taken to get an adapter back.");
    private static readonly UpDownCounter<int> Active = Meter.CreateUpDownCounter<int>("dfu.attempt.active", "{attempt}", "Attempts under way.");
    private static readonly Counter<long> Updates = Meter.CreateCounter<long>("dfu.update.ended", "{device}", "Devices that have their outcome.");
    private static readonly Histogram<double> UpdateDuration = Meter.CreateHistogram(
        "dfu.update.duration",
        "s",
        "From a device's first attempt to its outcome.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = Minutes });
    private static readonly Histogram<double> ConnectDuration = Meter.CreateHistogram(
        "dfu.connect.duration",
        "s",
        "From the connect request to discovered characteristics, or to its failure; waiting for the radio is not counted.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = Seconds });

    /// <summary>Somebody listens to byte counts, so that working out reasons is worth it.</summary>
    internal static bool CountsBytes => Sent.Enabled || Resent.Enabled || Confirmed.Enabled;

    /// <summary>The same of what attempts spend their time on.</summary>
    internal static bool CountsTime => AttemptTime.Enabled;

    /// <summary>A device has its outcome.</summary>
    public static void Ended(DeviceState device)
    {
        var tags = new TagList { { "dfu.outcome", Code(device.Outcome) } };
        if (device.Error != DfuError.None && device.Outcome is DeviceOutcome.Failed or DeviceOutcome.Cancelled) tags.Add("error.type", device.Error.Code());
        Updates.Add(1, tags);
        if (device is { StartedAt: { } started, EndedAt: { } ended }) UpdateDuration.Record(Math.Max(0, (ended - started).TotalSeconds), tags);
    }

    internal static void Moved(string adapter, long sent, long confirmed)
    {
        if (sent > 0) Sent.Add(sent, Adapter(adapter));
        if (confirmed > 0) Confirmed.Add(confirmed, Adapter(adapter));
    }

    internal static void SentAgain(string adapter, string reason, long bytes) => Resent.Add(bytes, Adapter(adapter), new("dfu.resend.reason", reason));

    /// <param name="kept">Bytes that need not be sent again.</param>
    internal static void Resumed(Diagnosis diagnosis, long kept)
    {
        var tag = new KeyValuePair<string, object?>("dfu.diagnosis", diagnosis.Code());
        Resumes.Add(1, tag);
        if (kept > 0) Kept.Add(kept, tag);
    }

    internal static void Connected(string adapter, DfuError error, TimeSpan took) => ConnectDuration.Record(took.TotalSeconds, Tags(adapter, error));

    /// <summary>One that the radio works for.</summary>
    internal static void AttemptBegan() => Active.Add(1);

    internal static void AttemptEnded(string adapter, DfuError error)
    {
        Active.Add(-1);
        Attempts.Add(1, Tags(adapter, error));
    }

    /// <summary>An attempt is over that the radio never worked for.</summary>
    public static void AttemptGivenUp(string adapter, DfuError error) => Attempts.Add(1, Tags(adapter, error));

    internal static void Spent(TimeUse use, double seconds) => AttemptTime.Add(seconds, new KeyValuePair<string, object?>("dfu.time.use", Code(use)));

    internal static void Recovered(string adapter, RecoveryStep step) => Recoveries.Add(1, Adapter(adapter), new("dfu.recovery.step", Code(step)));

    /// <summary>As the JSON report writes it: a small first letter.</summary>
    public static string Code<T>(T value) where T : struct, Enum
    {
        var name = value.ToString();
        return char.ToLowerInvariant(name[0]) + name[1..];
    }

    internal static KeyValuePair<string, object?> Adapter(string adapter) => new("dfu.adapter.id", adapter);

    private static TagList Tags(string adapter, DfuError error)
    {
        var tags = new TagList { Adapter(adapter) };
        if (error != DfuError.None) tags.Add("error.type", error.Code());
        return tags;
    }
}
