using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Dfu.Silo.Telemetry;

/// <summary>
/// Sends traces, metrics and logs over OTLP for as long as it lives, when the <c>OTEL_*</c> variables ask for it. docs/telemetry.md says how.
/// </summary>
/// <remarks>
/// Nothing that goes wrong here reaches what is measured: a collector that is not there costs what is sent, and at the end
/// <see cref="Longest"/>.
/// </remarks>
public sealed class TelemetryExport : IDisposable
{
    /// <summary>How long the end may wait for the last spans and numbers to be taken.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(1.5);

    private static readonly string[] Sources = ["Dfu.*", "Microsoft.Orleans.*", "Microsoft.AspNetCore"];

    private readonly OpenTelemetrySdk? _sdk;
    private readonly TimeSpan _longest;
    private int _disposed;

    private TelemetryExport(OpenTelemetrySdk? sdk, bool logs, TimeSpan longest)
    {
        (_sdk, _longest) = (sdk, longest);
        if (logs) Lines = sdk?.GetLoggerFactory();
    }

    /// <summary>Takes lines for the collector; null when it is not to get any.</summary>
    internal ILoggerFactory? Lines { get; }

    /// <param name="instance">The host's name, which becomes <c>service.instance.id</c>; null for one of this process.</param>
    /// <param name="warn">Told, in one line each, what of the environment was not understood.</param>
    /// <param name="added">Variables that count where the environment does not have them.</param>
    public static TelemetryExport FromEnvironment(string? instance, Action<string> warn, IReadOnlyDictionary<string, string?>? added = null)
    {
        try
        {
            return From(OtlpVariables.OfEnvironment(warn, added), instance);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            warn($"telemetry is not exported: {e.Message.Split('\n')[0].TrimEnd()}");
            return new(null, false, Longest);
        }
    }

    /// <summary>Ends the export; returns within <see cref="Longest"/> even when nobody takes what is left.</summary>
    public void Dispose()
    {
        if (_sdk is null || Interlocked.Exchange(ref _disposed, 1) != 0) return;
        var milliseconds = (int)_longest.TotalMilliseconds;
        Thread[] endings =
        [
            Begin(() => _sdk.TracerProvider.Shutdown(milliseconds)),
            Begin(() => _sdk.MeterProvider.Shutdown(milliseconds)),
            Begin(() => _sdk.LoggerProvider.Shutdown(milliseconds)),
        ];
        var began = TimeProvider.System.GetTimestamp();
        foreach (var ending in endings)
        {
            var left = _longest - TimeProvider.System.GetElapsedTime(began);
            ending.Join(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        }
    }

    /// <param name="longest"><see cref="Longest"/> unless another is given.</param>
    internal static TelemetryExport From(OtlpVariables variables, string? instance, TimeSpan? longest = null)
    {
        var end = longest ?? Longest;
        if (!variables.Traces && !variables.Metrics && !variables.Logs) return new(null, false, end);
        var id = instance ?? Guid.NewGuid().ToString(); // one for all signals, whose resources are made one by one
        var sdk = OpenTelemetrySdk.Create(sdk =>
        {
            sdk.Services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(variables.Values).Build());
            sdk.ConfigureResource(resource => resource.AddOrigin(id));

            // Not UseOtlpExporter, which exports a signal that is left out as well, to localhost when nobody says where to.
            if (variables.Traces)
            {
                sdk.WithTracing(traces => traces.SetSampler(TraceSampler.Read(variables)).AddSource(Sources)
                    .AddOtlpExporter(options => Take(options, variables, "TRACES")));
            }

            if (variables.Metrics) sdk.WithMetrics(metrics => metrics.AddExportedMeters().AddOtlpExporter(options => Take(options, variables, "METRICS")));
            if (variables.Logs)
            {
                sdk.Services.AddLogging(static logging => logging.SetMinimumLevel(LogLevel.Trace)); // LineLog decides
                sdk.WithLogging(
                    logs => logs.AddProcessor(new LineFinish()).AddOtlpExporter(options => Take(options, variables, "LOGS")),
                    options => options.IncludeFormattedMessage = true);
            }
        });
        return new(sdk, variables.Logs, end);
    }

    /// <summary>What is said of one signal alone. The SDK has read what is said of all.</summary>
    private static void Take(OtlpExporterOptions options, OtlpVariables variables, string signal)
    {
        if (variables.Of(signal, "ENDPOINT") is { } endpoint) options.Endpoint = new Uri(endpoint);
        if (variables.Of(signal, "HEADERS") is { } headers) options.Headers = headers;
        if (int.TryParse(variables.Of(signal, "TIMEOUT"), CultureInfo.InvariantCulture, out var timeout)) options.TimeoutMilliseconds = timeout;
        if (variables.Of(signal, "PROTOCOL") is { } protocol) options.Protocol = protocol == "grpc" ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf;
    }

    /// <summary>On a thread that does not keep the process.</summary>
    private static Thread Begin(Action end)
    {
        var thread = new Thread(() => end()) { IsBackground = true, Name = "telemetry ends" };
        thread.Start();
        return thread;
    }
}
