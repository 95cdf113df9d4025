namespace Dfu.Cli.Dashboards;

/// <summary>Where a dashboard is: its page, and where it takes telemetry.</summary>
internal sealed record DashboardAddress(Uri Page, Uri OtlpHttp, Uri OtlpGrpc)
{
    /// <summary>What makes dfu, and any program that speaks OTLP over HTTP, export there.</summary>
    public string Export => $"export OTEL_EXPORTER_OTLP_ENDPOINT={Plain(OtlpHttp)}";

    public static string Plain(Uri address) => address.GetLeftPart(UriPartial.Authority);
}
