using Dfu.Silo.Telemetry;
using OpenTelemetry.Exporter;

namespace Dfu.Silo.Tests.Telemetry;

public sealed class OtlpSettingsTests
{
    private readonly List<string> _warnings = [];

    [Fact]
    public void Nothing_is_exported_unless_somebody_says_where_to()
    {
        Assert.Null(Read("TRACES"));
        Assert.Null(Read("TRACES", ("OTEL_SERVICE_NAME", "line-3"), ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://collector:4318")));
        Assert.Null(Read("METRICS", ("OTEL_EXPORTER_OTLP_ENDPOINT", " ")));
        Assert.Empty(_warnings);
    }

    [Theory]
    [InlineData("http://collector:4318", "http://collector:4318/v1/metrics")]
    [InlineData("http://collector:4318/", "http://collector:4318/v1/metrics")]
    [InlineData("https://collector/otlp", "https://collector/otlp/v1/metrics")]
    public void Over_http_the_common_endpoint_is_a_base(string common, string wanted)
    {
        var settings = Read("METRICS", ("OTEL_EXPORTER_OTLP_ENDPOINT", common))!;
        Assert.Equal((wanted, OtlpExportProtocol.HttpProtobuf), (settings.Endpoint.AbsoluteUri, settings.Protocol));
    }

    [Fact]
    public void A_signals_own_variables_come_before_the_common_ones()
    {
        var settings = Read(
            "TRACES",
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4317"),
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://traces:9000/in"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf"),
            ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "key=secret"),
            ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "1234"));
        Assert.Equal(new(new Uri("http://traces:9000/in"), OtlpExportProtocol.HttpProtobuf, "key=secret", 1234), settings);
    }

    [Fact]
    public void The_registered_port_of_gRPC_means_gRPC_unless_the_protocol_is_given()
    {
        Assert.Equal(OtlpExportProtocol.Grpc, Read("TRACES", ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4317"))!.Protocol);
        Assert.Equal(
            OtlpExportProtocol.HttpProtobuf,
            Read("TRACES", ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4317"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"))!.Protocol);
    }

    [Theory]
    [InlineData("OTEL_SDK_DISABLED", "true")]
    [InlineData("OTEL_SDK_DISABLED", "TRUE")]
    [InlineData("OTEL_METRICS_EXPORTER", "none")]
    public void Export_can_be_turned_off(string name, string value)
    {
        Assert.Null(Read("METRICS", ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318"), (name, value)));
        Assert.Empty(_warnings);
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318", false)]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "ftp://collector", true)]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", true)]
    [InlineData("OTEL_TRACES_EXPORTER", "zipkin", false)]
    public void A_value_that_is_not_understood_is_named(string name, string value, bool exported)
    {
        var settings = Read("TRACES", [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318"), (name, value)]);
        Assert.Equal(exported, settings is not null);
        Assert.Contains($"{name}={value}", Assert.Single(_warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void An_export_without_a_destination_ends_at_once_and_may_be_ended_twice()
    {
        var telemetry = TelemetryExport.From(_ => null, null, _warnings.Add);
        telemetry.Dispose();
        telemetry.Dispose();
        Assert.Empty(_warnings);
    }

    private OtlpSettings? Read(string signal, params (string Name, string Value)[] environment) =>
        OtlpSettings.Read(signal, name => environment.LastOrDefault(pair => pair.Name == name).Value, _warnings.Add);
}
