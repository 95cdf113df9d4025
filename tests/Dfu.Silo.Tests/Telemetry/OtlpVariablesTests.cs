using Dfu.Silo.Telemetry;

namespace Dfu.Silo.Tests.Telemetry;

public sealed class OtlpVariablesTests
{
    private readonly List<string> _warnings = [];

    [Fact]
    public void Nothing_is_exported_unless_somebody_says_where_to()
    {
        Assert.False(Read().Traces);
        Assert.False(Read(("OTEL_SERVICE_NAME", "line-3"), ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://collector:4318")).Traces);
        Assert.False(Read(("OTEL_EXPORTER_OTLP_ENDPOINT", " ")).Metrics);
        Assert.True(Read(("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://collector:4318/v1/logs")) is { Logs: true, Traces: false, Metrics: false });
        Assert.False(Read(("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318"), ("OTEL_LOGS_EXPORTER", "none")).Logs);
        Assert.Empty(_warnings);
    }

    [Theory]
    [InlineData("http://collector:4318", "http/protobuf")]
    [InlineData("https://collector/otlp", "http/protobuf")]
    [InlineData("http://collector:4317", "grpc")]
    public void The_registered_port_of_gRPC_means_gRPC_and_any_other_http(string endpoint, string wanted)
    {
        var common = Read(("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint));
        Assert.Equal((wanted, wanted), (common["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"], common["OTEL_EXPORTER_OTLP_METRICS_PROTOCOL"]));
        var own = Read(("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", endpoint));
        Assert.Equal((wanted, null), (own["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"], own["OTEL_EXPORTER_OTLP_METRICS_PROTOCOL"]));
        Assert.Equal((wanted, null), (common["OTEL_EXPORTER_OTLP_LOGS_PROTOCOL"], own["OTEL_EXPORTER_OTLP_LOGS_PROTOCOL"]));
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", null)]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf")]
    public void A_protocol_that_is_given_counts(string name, string? own)
    {
        var variables = Read(("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4317"), (name, "http/protobuf"));
        Assert.Equal(("http/protobuf", own), (variables[name], variables["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"]));
    }

    [Fact]
    public void All_that_is_the_SDKs_to_read_reaches_it_and_nothing_else() => Assert.Equal(
        ["OTEL_BSP_SCHEDULE_DELAY", "OTEL_EXPORTER_OTLP_HEADERS"],
        Read(("OTEL_EXPORTER_OTLP_HEADERS", "key=secret"), ("OTEL_BSP_SCHEDULE_DELAY", "100"), ("PATH", "/bin")).Values.Keys.Order());

    [Theory]
    [InlineData("OTEL_SDK_DISABLED", "true")]
    [InlineData("OTEL_SDK_DISABLED", "TRUE")]
    [InlineData("OTEL_METRICS_EXPORTER", "none")]
    public void Export_can_be_turned_off(string name, string value)
    {
        Assert.False(Read(("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318"), (name, value)).Metrics);
        Assert.Empty(_warnings);
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318", false)]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "ftp://collector", true)]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", true)]
    [InlineData("OTEL_TRACES_EXPORTER", "zipkin", false)]
    [InlineData("OTEL_METRIC_EXPORT_INTERVAL", "0", true)]
    [InlineData("OTEL_BSP_MAX_QUEUE_SIZE", "-3", true)]
    [InlineData("OTEL_BLRP_SCHEDULE_DELAY", "soon", true)]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "1.5", true)]
    public void A_value_that_is_not_understood_is_named(string name, string value, bool exported)
    {
        var variables = Read(("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318"), (name, value));
        Assert.Equal(exported, variables.Traces);
        Assert.Contains($"{name}={value}", Assert.Single(_warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "line:geheim@collector:4318")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://line:ge/geheim@collector")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "Bearer geheim")]
    [InlineData("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "api key=geheim")]
    public void A_secret_that_is_not_understood_is_named_and_not_told(string name, string value)
    {
        Assert.Null(Read(("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://collector:4318"), (name, value))[name]);
        var warning = Assert.Single(_warnings);
        Assert.StartsWith(name, warning, StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", warning, StringComparison.Ordinal);
    }

    [Fact]
    public void Headers_are_understood_as_the_SDK_does()
    {
        Read(("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Basic%20YTpi, x-team = line 3,"), ("OTEL_EXPORTER_OTLP_TIMEOUT", "2000"));
        Assert.Empty(_warnings);
    }

    [Fact]
    public void An_export_without_a_destination_ends_at_once_and_may_be_ended_twice()
    {
        var telemetry = TelemetryExport.From(Read(), null);
        telemetry.Dispose();
        telemetry.Dispose();
        Assert.Empty(_warnings);
    }

    private OtlpVariables Read(params (string Name, string Value)[] environment) => Variables.Of(_warnings.Add, environment);
}

internal static class Variables
{
    /// <summary>How long an export in a test may take to end: what is looked for must arrive, however busy the machine is.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Of one that is given twice the last counts.</summary>
    public static OtlpVariables Of(Action<string> warn, params (string Name, string Value)[] environment) => new(
        environment.GroupBy(pair => pair.Name, (name, pairs) => KeyValuePair.Create(name, (string?)pairs.Last().Value)), warn);
}
