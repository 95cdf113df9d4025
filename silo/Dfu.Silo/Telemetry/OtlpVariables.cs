using System.Collections;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Dfu.Silo.Telemetry;

/// <summary>The environment's <c>OTEL_*</c> variables as the OpenTelemetry SDK is to read them.</summary>
/// <remarks>
/// The SDK reads them by itself. What is done here it does not do: it exports to localhost when nobody says where to, speaks gRPC where the
/// specification says HTTP, takes <c>collector:4318</c> for an address, and tells nobody of a value that it does not understand.
/// </remarks>
internal sealed partial class OtlpVariables
{
    private const string Prefix = "OTEL_EXPORTER_OTLP_";
    private const string NoNumber = "is not a whole number above 0";

    /// <summary>The port registered for OTLP over gRPC.</summary>
    private const int GrpcPort = 4317;

    /// <summary>Milliseconds and sizes; of those below one the SDK has no use, and it exports nothing at all for some of them.</summary>
    private static readonly string[] Numbers =
    [
        "OTEL_METRIC_EXPORT_INTERVAL", "OTEL_METRIC_EXPORT_TIMEOUT",
        "OTEL_BSP_SCHEDULE_DELAY", "OTEL_BSP_EXPORT_TIMEOUT", "OTEL_BSP_MAX_QUEUE_SIZE", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
        "OTEL_BLRP_SCHEDULE_DELAY", "OTEL_BLRP_EXPORT_TIMEOUT", "OTEL_BLRP_MAX_QUEUE_SIZE", "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE",
    ];

    private readonly Dictionary<string, string?> _values;
    private readonly Action<string> _warn;

    /// <param name="warn">Told of a value that is not understood; it counts as not set.</param>
    public OtlpVariables(IEnumerable<KeyValuePair<string, string?>> environment, Action<string> warn)
    {
        _warn = warn;
        _values = environment.Where(static pair => pair.Key.StartsWith("OTEL_", StringComparison.Ordinal) && !string.IsNullOrWhiteSpace(pair.Value))
            .ToDictionary(static pair => pair.Key, static pair => pair.Value?.Trim());
        foreach (var signal in new[] { "", "TRACES_", "METRICS_", "LOGS_" })
        {
            Forget($"{Prefix}{signal}ENDPOINT", static text => Address(text) is not null, "is not an http or https address");
            Forget($"{Prefix}{signal}PROTOCOL", static text => text is "grpc" or "http/protobuf", "is not supported; http/protobuf and grpc are");
            Forget($"{Prefix}{signal}TIMEOUT", IsNumber, NoNumber);
            Forget($"{Prefix}{signal}HEADERS", AreHeaders, "is not NAME=VALUE, with commas between several", isSecret: true);
        }

        foreach (var number in Numbers) Forget(number, IsNumber, NoNumber);

        (Traces, Metrics, Logs) = (Exports("TRACES"), Exports("METRICS"), Exports("LOGS"));
        foreach (var signal in new[] { "TRACES", "METRICS", "LOGS" }) ChooseProtocol(signal);
    }

    /// <param name="added">Variables that count where the environment does not have them.</param>
    public static OtlpVariables OfEnvironment(Action<string> warn, IReadOnlyDictionary<string, string?>? added = null) => new(
        Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Select(static pair => KeyValuePair.Create((string)pair.Key, (string?)pair.Value))
            .Where(static pair => !string.IsNullOrWhiteSpace(pair.Value))
            .UnionBy(added ?? new Dictionary<string, string?>(), static pair => pair.Key),
        warn);

    /// <summary>Whether traces are to be exported: an address is given for them, their exporter is OTLP, and the SDK is not disabled.</summary>
    public bool Traces { get; }

    /// <summary>The same for metrics.</summary>
    public bool Metrics { get; }

    /// <inheritdoc cref="Metrics"/>
    public bool Logs { get; }

    /// <summary>For the SDK.</summary>
    public IReadOnlyDictionary<string, string?> Values => _values;

    /// <summary>What an exporter's variable says of one signal alone; null where that is left to the variable for all.</summary>
    public string? Of(string signal, string name) => this[$"{Prefix}{signal}_{name}"];

    public string? this[string name] => _values.GetValueOrDefault(name);

    /// <summary>Warns of a value, which then counts as not set.</summary>
    /// <param name="isSecret">The value is not said. Of an address it is who asks and with which password.</param>
    public void Forget(string name, Func<string, bool> isUnderstood, string why, bool isSecret = false)
    {
        if (this[name] is not { } text || isUnderstood(text)) return;
        _warn(isSecret ? $"{name} {why}" : $"{name}={Asker().Replace(text, "$1...@")} {why}");
        _values.Remove(name);
    }

    private bool Exports(string signal)
    {
        if ("true".Equals(this["OTEL_SDK_DISABLED"], StringComparison.OrdinalIgnoreCase)) return false;
        var exporter = $"OTEL_{signal}_EXPORTER";
        if (this[exporter] is not (null or "otlp" or "none")) _warn($"{exporter}={this[exporter]} is not supported; otlp and none are");
        return this[exporter] is null or "otlp" && Endpoint(signal) is not null;
    }

    private void ChooseProtocol(string signal)
    {
        if (this[$"{Prefix}PROTOCOL"] is not null || Endpoint(signal) is not { } endpoint) return;
        _values.TryAdd($"{Prefix}{signal}_PROTOCOL", endpoint.Port == GrpcPort ? "grpc" : "http/protobuf");
    }

    private Uri? Endpoint(string signal) => Address(this[$"{Prefix}{signal}_ENDPOINT"] ?? this[$"{Prefix}ENDPOINT"]);

    private static Uri? Address(string? text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" ? address : null;

    private static bool IsNumber(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0;

    /// <summary>As the SDK takes them apart.</summary>
    private static bool AreHeaders(string text) =>
        Uri.UnescapeDataString(text).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).All(Header().IsMatch);

    [GeneratedRegex(@"^[A-Za-z0-9!#$%&'*+.^_`|~-]+\s*=")]
    private static partial Regex Header();

    [GeneratedRegex("^([A-Za-z][A-Za-z0-9+.-]*://)?.*@")]
    private static partial Regex Asker();
}
