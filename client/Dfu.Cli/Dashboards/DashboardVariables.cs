namespace Dfu.Cli.Dashboards;

/// <summary>What the <c>OTEL_*</c> variables say when a run is to be seen on a dashboard: what the user has set stays, the rest is ours.</summary>
/// <param name="Added">What is taken for set where it is not.</param>
/// <param name="Disagreement">One line about variables that keep telemetry from the dashboard; null when none does.</param>
internal sealed record DashboardVariables(IReadOnlyDictionary<string, string?> Added, string? Disagreement)
{
    private const string Prefix = "OTEL_EXPORTER_OTLP_";
    private const string ServiceName = "OTEL_SERVICE_NAME";
    private const string ResourceAttributes = "OTEL_RESOURCE_ATTRIBUTES";
    private static readonly string[] Signals = ["TRACES", "METRICS", "LOGS"];

    /// <param name="environment">Null for a variable that is not set.</param>
    /// <param name="service">The service's name on the dashboard.</param>
    public static DashboardVariables Of(DashboardAddress dashboard, Func<string, string?> environment, string service)
    {
        var added = new Dictionary<string, string?>
        {
            // Somebody looks on.
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "1000",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "1000",
            ["OTEL_BLRP_SCHEDULE_DELAY"] = "1000",
        };
        if (Set(ServiceName) is null && Set(ResourceAttributes)?.Contains("service.name=", StringComparison.Ordinal) != true) added[ServiceName] = service;
        foreach (var signal in Signals.Where(signal => Set($"{Prefix}{signal}_ENDPOINT") is null && Set($"{Prefix}ENDPOINT") is null))
        {
            var protocol = Set($"{Prefix}{signal}_PROTOCOL") ?? Set($"{Prefix}PROTOCOL") ?? "http/protobuf";
            added[$"{Prefix}{signal}_ENDPOINT"] = protocol == "grpc"
                ? DashboardAddress.Plain(dashboard.OtlpGrpc)
                : $"{DashboardAddress.Plain(dashboard.OtlpHttp)}/v1/{signal.ToLowerInvariant()}";
            added[$"{Prefix}{signal}_PROTOCOL"] = protocol;
        }

        var contrary = Contrary().ToArray();
        return new(
            added.Where(pair => Set(pair.Key) is null).ToDictionary(),
            contrary.Length == 0
                ? null
                : $"warning: {string.Join(", ", contrary)} {(contrary.Length == 1 ? "is set and counts" : "are set and count")}, "
                    + "so not everything comes to the dashboard");

        string? Set(string name) => environment(name) is { } text && !string.IsNullOrWhiteSpace(text) ? text.Trim() : null;

        IEnumerable<string> Contrary() => Signals
            .SelectMany(static signal => new[] { $"{Prefix}{signal}_ENDPOINT", $"OTEL_{signal}_EXPORTER" })
            .Prepend($"{Prefix}ENDPOINT")
            .Append("OTEL_SDK_DISABLED")
            .Where(name => Set(name) is { } value && !Agrees(name, value));

        bool Agrees(string name, string value)
        {
            if (name.EndsWith("_EXPORTER", StringComparison.Ordinal)) return value == "otlp";
            if (name == "OTEL_SDK_DISABLED") return !value.Equals("true", StringComparison.OrdinalIgnoreCase);
            return Uri.TryCreate(value, UriKind.Absolute, out var address)
                && address.IsLoopback && (address.Port == dashboard.OtlpHttp.Port || address.Port == dashboard.OtlpGrpc.Port);
        }
    }
}
