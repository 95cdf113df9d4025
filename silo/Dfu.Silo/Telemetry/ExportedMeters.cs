using OpenTelemetry.Metrics;

namespace Dfu.Silo.Telemetry;

/// <summary>Which instruments leave the process, over OTLP and on the server's page: all of ours, and of others those in the tables of docs/telemetry.md.</summary>
public static class ExportedMeters
{
    private const string Ours = "Dfu.*";

    public static MeterProviderBuilder AddExportedMeters(this MeterProviderBuilder metrics) => metrics
        .AddMeter(Ours, "Microsoft.Orleans", "System.Runtime", "Microsoft.AspNetCore.*");
}
