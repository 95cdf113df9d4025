using Dfu.Adapters;
using Dfu.Fleet;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Cluster.Tests.Devices;

/// <summary>Hosts, places and reports for tests of devices.</summary>
internal static class Given
{
    public const string Adapter = "here/radio";

    /// <summary>What adapters say of time: nothing like the device's own clock.</summary>
    public static readonly DateTimeOffset Elsewhere = new(2001, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static FleetHost Host(TimeProvider time, FleetTimes? times = null) => new()
    {
        Silo = "here",
        Policy = new(),
        Time = time,
        Times = (times ?? new()) with { Refused = TimeSpan.Zero }, // by this clock nothing passes by itself
        Runner = null!,
        Ledger = static _ => throw new NotSupportedException("no device asks a ledger"),
        Packages = null!,
    };

    public static CampaignPlace Place(string campaign = "c1", string? trace = null, int run = 0) =>
        new() { Campaign = campaign, PackageId = "p1", ImageSizes = [100_000], TraceParent = trace, Run = run };

    public static DeviceEvent.Granted Grant(BluetoothAddress device, string adapter = Adapter, int attempt = 1) =>
        new(attempt, adapter, 3, new(device.Bootloader, AddressType.Random, -60, "DfuTarg", true, true), device, device.Bootloader, false, Elsewhere);

    public static AttemptReport Report(int attempt, params DeviceEvent[] events) => new() { Attempt = attempt, Events = [.. events] };

    /// <summary>The same with its events numbered from here on.</summary>
    public static AttemptReport From(this AttemptReport report, int first) =>
        report with { Events = [.. report.Events.Select((e, i) => e with { Number = first + i })] };

    public static DeviceEvent.Confirmed Confirmed(int attempt, long offset) => new(attempt, 0, offset, 7, new(offset, offset), Elsewhere);

    public static DeviceEvent.LastExecute LastExecute(int attempt) => new(attempt, 0, Elsewhere);

    public static DeviceEvent.Ended Ended(int attempt, DfuError error = DfuError.None) =>
        new(attempt, error, "", true, new DeviceTraffic(100_000, 100_000), Elsewhere);

    public static AirReport Air(double? heard = 0.1, double? listening = 1000) => new()
    {
        Known = true,
        LastHeard = heard is { } h ? TimeSpan.FromSeconds(h) : null,
        Listening = listening is { } l ? TimeSpan.FromSeconds(l) : null,
    };
}
