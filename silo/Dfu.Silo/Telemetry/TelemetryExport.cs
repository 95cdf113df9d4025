using System.Reflection;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Dfu.Silo.Telemetry;

/// <summary>Sends traces and metrics over OTLP for as long as it lives, when the <c>OTEL_*</c> variables ask for it. docs/telemetry.md says how.</summary>
/// <remarks>Nothing that goes wrong here reaches what is measured: a collector that is not there costs what is sent, and at the end <see cref="Longest"/>.</remarks>
public sealed class TelemetryExport : IDisposable
{
    /// <summary>How long the end may wait for the last spans and numbers to be taken.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(1.5);

    private static readonly string[] Sources = ["Dfu.*", "Microsoft.Orleans.*"];
    private static readonly string[] Meters = ["Dfu.*", "Microsoft.Orleans"];

    private readonly TracerProvider? _traces;
    private readonly MeterProvider? _metrics;
    private int _disposed;

    private TelemetryExport(TracerProvider? traces, MeterProvider? metrics) => (_traces, _metrics) = (traces, metrics);

    /// <param name="instance">The host's name, which becomes <c>service.instance.id</c>; null for one of this process.</param>
    /// <param name="warn">Told, in one line each, what of the environment was not understood.</param>
    public static TelemetryExport FromEnvironment(string? instance, Action<string> warn) => From(Environment.GetEnvironmentVariable, instance, warn);

    /// <summary>Ends the export; returns within <see cref="Longest"/> even when nobody takes what is left.</summary>
    public void Dispose()
    {
        if ((_traces is null && _metrics is null) || Interlocked.Exchange(ref _disposed, 1) != 0) return;
        var milliseconds = (int)Longest.TotalMilliseconds;
        Thread[] endings = [Begin(() => _traces?.Shutdown(milliseconds)), Begin(() => _metrics?.Shutdown(milliseconds))];
        var began = TimeProvider.System.GetTimestamp();
        foreach (var ending in endings)
        {
            var left = Longest - TimeProvider.System.GetElapsedTime(began);
            ending.Join(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        }
    }

    internal static TelemetryExport From(Func<string, string?> variable, string? instance, Action<string> warn)
    {
        try
        {
            var told = new HashSet<string>();
            void Once(string warning)
            {
                if (told.Add(warning)) warn(warning);
            }

            var traces = OtlpSettings.Read("TRACES", variable, Once);
            var metrics = OtlpSettings.Read("METRICS", variable, Once);
            if (traces is null && metrics is null) return new(null, null);
            var resource = Resource(instance);
            return new(traces is null ? null : Traces(resource, traces, TraceSampler.Read(variable, Once)), metrics is null ? null : Metrics(resource, metrics));
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            warn($"telemetry is not exported: {e.Message}");
            return new(null, null);
        }
    }

    private static TracerProvider Traces(ResourceBuilder resource, OtlpSettings settings, Sampler sampler) => Sdk.CreateTracerProviderBuilder()
        .SetResourceBuilder(resource)
        .AddSource(Sources)
        .SetSampler(sampler)
        .AddOtlpExporter(settings.Apply)
        .Build();

    private static MeterProvider Metrics(ResourceBuilder resource, OtlpSettings settings) => Sdk.CreateMeterProviderBuilder()
        .SetResourceBuilder(resource)
        .AddMeter(Meters)
        .AddOtlpExporter(settings.Apply)
        .Build();

    /// <summary>What OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say comes last and counts.</summary>
    private static ResourceBuilder Resource(string? instance)
    {
        var version = typeof(TelemetryExport).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0];
        return ResourceBuilder.CreateDefault()
            .AddService("dfu", serviceVersion: version, serviceInstanceId: instance ?? Guid.NewGuid().ToString())
            .AddEnvironmentVariableDetector();
    }

    /// <summary>On a thread that does not keep the process.</summary>
    private static Thread Begin(Action end)
    {
        var thread = new Thread(() => end()) { IsBackground = true, Name = "telemetry ends" };
        thread.Start();
        return thread;
    }
}
