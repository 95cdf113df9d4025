using OpenTelemetry.Exporter;

namespace Dfu.Silo.Telemetry;

/// <summary>What the standard <c>OTEL_*</c> variables say about one signal.</summary>
/// <param name="Endpoint">Where the signal is sent to, its path included.</param>
/// <param name="Headers">The signal's own; null leaves them to the exporter, which reads the common ones. So for <paramref name="TimeoutMilliseconds"/>.</param>
internal sealed record OtlpSettings(Uri Endpoint, OtlpExportProtocol Protocol, string? Headers, int? TimeoutMilliseconds)
{
    private const string Prefix = "OTEL_EXPORTER_OTLP_";

    /// <summary>The port registered for OTLP over gRPC.</summary>
    private const int GrpcPort = 4317;

    /// <summary>Null when nothing is to be exported: nobody said where to, the signal's exporter is not OTLP, or the SDK is disabled.</summary>
    /// <param name="signal">TRACES or METRICS.</param>
    /// <param name="variable">Reads a variable of the environment.</param>
    /// <param name="warn">Told of a value that is not understood; it counts as not set.</param>
    public static OtlpSettings? Read(string signal, Func<string, string?> variable, Action<string> warn)
    {
        if (string.Equals(Value("OTEL_SDK_DISABLED", variable), "true", StringComparison.OrdinalIgnoreCase)) return null;
        var exporter = $"OTEL_{signal}_EXPORTER";
        if (Value(exporter, variable) is { } kind && kind != "otlp")
        {
            if (kind != "none") warn($"{exporter}={kind} is not supported; otlp and none are");
            return null;
        }

        var own = Address($"{Prefix}{signal}_ENDPOINT", variable, warn);
        if ((own ?? Address($"{Prefix}ENDPOINT", variable, warn)) is not { } address) return null;
        var protocol = ProtocolOf(signal, address, variable, warn);
        // The common endpoint is a base: over HTTP each signal has its path below it.
        var endpoint = own is null && protocol == OtlpExportProtocol.HttpProtobuf
            ? new Uri($"{address.AbsoluteUri.TrimEnd('/')}/v1/{signal.ToLowerInvariant()}")
            : address;
        var timeout = int.TryParse(Value($"{Prefix}{signal}_TIMEOUT", variable), out var milliseconds) && milliseconds > 0 ? milliseconds : (int?)null;
        return new(endpoint, protocol, Value($"{Prefix}{signal}_HEADERS", variable), timeout);
    }

    public void Apply(OtlpExporterOptions options)
    {
        options.Protocol = Protocol;
        options.Endpoint = Endpoint;
        if (Headers is not null) options.Headers = Headers;
        if (TimeoutMilliseconds is { } timeout) options.TimeoutMilliseconds = timeout;
    }

    private static OtlpExportProtocol ProtocolOf(string signal, Uri address, Func<string, string?> variable, Action<string> warn)
    {
        var byPort = address.Port == GrpcPort ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf;
        foreach (var name in new[] { $"{Prefix}{signal}_PROTOCOL", $"{Prefix}PROTOCOL" })
        {
            switch (Value(name, variable))
            {
                case null:
                    break;
                case "grpc":
                    return OtlpExportProtocol.Grpc;
                case "http/protobuf":
                    return OtlpExportProtocol.HttpProtobuf;
                case var other:
                    warn($"{name}={other} is not supported; http/protobuf and grpc are");
                    break;
            }
        }

        return byPort;
    }

    private static Uri? Address(string name, Func<string, string?> variable, Action<string> warn)
    {
        if (Value(name, variable) is not { } text) return null;
        if (Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https") return address;
        warn($"{name}={text} is not an http or https address");
        return null;
    }

    private static string? Value(string name, Func<string, string?> variable) => variable(name)?.Trim() is { Length: > 0 } text ? text : null;
}
