using System.Diagnostics;
using System.Diagnostics.Metrics;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Telemetry;

/// <summary>The instruments of the decisions and the engine. Few-valued tags only: device addresses are in spans, never here.</summary>
public static class FleetMetrics
{
    public const string Name = "Dfu.Fleet";

    private static readonly Meter Meter = new(Name);
    private static readonly Counter<long> Updates = Meter.CreateCounter<long>("dfu.updates", "{device}", "Devices whose update ended, by outcome.");
    private static readonly Counter<long> Io = Meter.CreateCounter<long>("dfu.transfer.io", "By", "Firmware bytes handed to links, by whether they had been sent before.");
    private static readonly Counter<long> Resumes = Meter.CreateCounter<long>("dfu.transfer.resumes", "{resume}", "Reconciles after a reconnect, by diagnosis.");
    private static readonly UpDownCounter<int> Active = Meter.CreateUpDownCounter<int>("dfu.transfer.active", "{transfer}", "Attempts under way.");

    internal static ActivitySource Activities { get; } = new(Name);

    internal static void Ended(DeviceOutcome outcome, DfuError error)
    {
        var tags = new TagList { { "dfu.outcome", outcome.ToString() } };
        if (error != DfuError.None) tags.Add("error.type", error.Code());
        Updates.Add(1, tags);
    }

    internal static void Moved(long sent, long resent)
    {
        if (sent > resent) Io.Add(sent - resent, new KeyValuePair<string, object?>("dfu.resent", false));
        if (resent > 0) Io.Add(resent, new KeyValuePair<string, object?>("dfu.resent", true));
    }

    internal static void Resumed(Diagnosis diagnosis) => Resumes.Add(1, new KeyValuePair<string, object?>("dfu.diagnosis", diagnosis.ToString()));

    internal static void Started() => Active.Add(1);

    internal static void Stopped() => Active.Add(-1);
}
