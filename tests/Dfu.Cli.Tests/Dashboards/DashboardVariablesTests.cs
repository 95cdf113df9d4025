using Dfu.Cli.Dashboards;

namespace Dfu.Cli.Tests.Dashboards;

public sealed class DashboardVariablesTests
{
    private static readonly DashboardAddress Dashboard = new(new("http://127.0.0.1:18888"), new("http://127.0.0.1:4318"), new("http://127.0.0.1:4317"));

    [Fact]
    public void Without_variables_every_signal_goes_to_the_dashboard_and_soon()
    {
        var variables = Of();
        Assert.Null(variables.Disagreement);
        Assert.Equal("http://127.0.0.1:4318/v1/traces", variables.Added["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"]);
        Assert.Equal("http://127.0.0.1:4318/v1/metrics", variables.Added["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"]);
        Assert.Equal("http://127.0.0.1:4318/v1/logs", variables.Added["OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"]);
        Assert.Equal("http/protobuf", variables.Added["OTEL_EXPORTER_OTLP_LOGS_PROTOCOL"]);
        Assert.Equal("dfu-demo", variables.Added["OTEL_SERVICE_NAME"]);
        Assert.Equal("1000", variables.Added["OTEL_METRIC_EXPORT_INTERVAL"]);
    }

    [Fact]
    public void Who_asks_for_gRPC_gets_its_address()
    {
        var variables = Of(("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "http/protobuf"));
        Assert.Equal("http://127.0.0.1:4317", variables.Added["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"]);
        Assert.Equal("http://127.0.0.1:4318/v1/metrics", variables.Added["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"]);
        Assert.Null(variables.Disagreement);
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4319")]
    [InlineData("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://collector:4318/v1/logs")]
    [InlineData("OTEL_TRACES_EXPORTER", "none")]
    [InlineData("OTEL_SDK_DISABLED", "TRUE")]
    public void What_the_user_has_set_stays_and_it_is_said_that_it_keeps_telemetry_away(string name, string value)
    {
        var variables = Of((name, value));
        Assert.DoesNotContain(name, variables.Added.Keys);
        Assert.Equal($"warning: {name} is set and counts, so not everything comes to the dashboard", variables.Disagreement);
    }

    [Fact]
    public void An_address_for_all_signals_leaves_none_for_us()
    {
        var variables = Of(("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318"), ("OTEL_SDK_DISABLED", "true"));
        Assert.DoesNotContain(variables.Added.Keys, static name => name.EndsWith("_ENDPOINT", StringComparison.Ordinal));
        Assert.Equal(
            "warning: OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SDK_DISABLED are set and count, so not everything comes to the dashboard",
            variables.Disagreement);
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4317/")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:4318/v1/traces")]
    [InlineData("OTEL_TRACES_EXPORTER", "otlp")]
    [InlineData("OTEL_SDK_DISABLED", "false")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", " ")]
    public void A_variable_that_leads_there_too_is_no_reason_to_say_anything(string name, string value) => Assert.Null(Of((name, value)).Disagreement);

    [Theory]
    [InlineData("OTEL_SERVICE_NAME", "line-3")]
    [InlineData("OTEL_RESOURCE_ATTRIBUTES", "a=b,service.name=line-3")]
    [InlineData("OTEL_METRIC_EXPORT_INTERVAL", "5000")]
    public void Names_and_intervals_of_the_user_stay(string name, string value)
    {
        var ours = name == "OTEL_RESOURCE_ATTRIBUTES" ? "OTEL_SERVICE_NAME" : name;
        Assert.DoesNotContain(ours, Of((name, value)).Added.Keys);
    }

    private static DashboardVariables Of(params (string Name, string Value)[] set) =>
        DashboardVariables.Of(Dashboard, name => set.Where(pair => pair.Name == name).Select(static pair => pair.Value).FirstOrDefault(), "dfu-demo");
}
