namespace Dfu.Cli.Dashboards;

/// <summary>Where a dashboard is: its page, and where it takes telemetry.</summary>
internal sealed record DashboardAddress(Uri Page, Uri OtlpHttp, Uri OtlpGrpc)
{
    /// <summary>What makes any program with OpenTelemetry export there. Those that take gRPC for granted need its protocol too.</summary>
    public string Export => $"export OTEL_EXPORTER_OTLP_ENDPOINT={Plain(OtlpHttp)}";

    public static string Plain(Uri address) => address.GetLeftPart(UriPartial.Authority);
}
