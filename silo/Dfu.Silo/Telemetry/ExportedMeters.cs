using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using OpenTelemetry.Metrics;

namespace Dfu.Silo.Telemetry;

/// <summary>An instrument of a library that is let through.</summary>
/// <param name="Tags">Those that are kept; values are summed over the others.</param>
public sealed record LetThrough(string Meter, string Instrument, params string[] Tags);

/// <summary>
/// Which instruments leave the process, over OTLP and on the server's page: all of ours, and of others what says something to an operator.
/// docs/telemetry.md has both tables.
/// </summary>
public static class ExportedMeters
{
    private const string Ours = "Dfu.";
    private const string Orleans = "Microsoft.Orleans";
    private const string Runtime = "System.Runtime";
    private const string Http = "Microsoft.AspNetCore.Hosting";
    private const string Kestrel = "Microsoft.AspNetCore.Server.Kestrel";

    /// <summary>
    /// Orleans, .NET and ASP.NET have some two hundred. What is not here is either about their insides or has a measurement of ours.
    /// </summary>
    public static ImmutableArray<LetThrough> OfOthers { get; } =
    [
        new(Orleans, "orleans-app-requests-latency"),
        new(Orleans, "orleans-app-requests-timedout", "grain_type"),
        new(Orleans, "orleans-catalog-activations", "grain_type"),
        new(Orleans, "orleans-gateway-connected-clients"),
        new(Orleans, "orleans-messaging-expired", "Phase"),
        new(Orleans, "orleans-messaging-rejected", "Direction"),
        new(Orleans, "orleans-messaging-sent-dropped", "Direction"),
        new(Orleans, "orleans-messaging-pings-reply-missed"),
        new(Orleans, "orleans-scheduler-long-running-turns"),
        new(Runtime, "dotnet.process.cpu.time", "cpu.mode"),
        new(Runtime, "dotnet.process.cpu.count"),
        new(Runtime, "dotnet.process.memory.working_set"),
        new(Runtime, "dotnet.gc.collections", "gc.heap.generation"),
        new(Runtime, "dotnet.gc.pause.time"),
        new(Runtime, "dotnet.gc.heap.total_allocated"),
        new(Runtime, "dotnet.gc.last_collection.heap.size", "gc.heap.generation"),
        new(Runtime, "dotnet.gc.last_collection.memory.committed_size"),
        new(Runtime, "dotnet.thread_pool.thread.count"),
        new(Runtime, "dotnet.thread_pool.queue.length"),
        new(Runtime, "dotnet.thread_pool.work_item.count"),
        new(Runtime, "dotnet.monitor.lock_contentions"),
        new(Runtime, "dotnet.exceptions", "error.type"),
        new(Http, "http.server.request.duration", "http.request.method", "http.route", "http.response.status_code", "error.type"),
        new(Http, "http.server.active_requests", "http.request.method"),
        new(Kestrel, "kestrel.active_connections", "server.address", "server.port"),
        new(Kestrel, "kestrel.rejected_connections", "server.address", "server.port"),
    ];

    public static MeterProviderBuilder AddExportedMeters(this MeterProviderBuilder metrics) => metrics
        .AddMeter([$"{Ours}*", .. OfOthers.Select(static one => one.Meter).Distinct()])
        .AddView(static instrument => instrument.Meter.Name.StartsWith(Ours, StringComparison.Ordinal) ? null : ViewOf(instrument));

    private static MetricStreamConfiguration ViewOf(Instrument instrument) =>
        OfOthers.FirstOrDefault(one => (one.Meter, one.Instrument) == (instrument.Meter.Name, instrument.Name)) is { } one
            ? new() { TagKeys = one.Tags }
            : MetricStreamConfiguration.Drop;
}
