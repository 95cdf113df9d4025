using Dfu.Server.Security;
using Dfu.Silo.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Dfu.Server.Hosting;

/// <summary>
/// The page that a Prometheus reads: what this process measures from <see cref="Begin"/> on, the same instruments that leave over OTLP. Counts of what
/// happened before are not in it, so it begins before the silo.
/// </summary>
public sealed class ScrapedMetrics : IDisposable
{
    public const string Path = "/metrics";

    /// <summary>Those that say whose metrics they are. Whether and where something is exported to is another matter.</summary>
    private static readonly string[] Variables = ["OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES"];

    private readonly MeterProvider _metrics;

    private ScrapedMetrics(MeterProvider metrics) => _metrics = metrics;

    /// <param name="member">What it is called.</param>
    public static ScrapedMetrics Begin(string member)
    {
        var variables = Variables.Select(static name => KeyValuePair.Create(name, Environment.GetEnvironmentVariable(name)));
        return new(Sdk.CreateMeterProviderBuilder()
            .ConfigureServices(services => services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(variables).Build()))
            .ConfigureResource(resource => resource.AddOrigin(member))
            .AddExportedMeters()
            .AddPrometheusExporter()
            .Build());
    }

    public void Dispose() => _metrics.Dispose();

    internal void Map(IEndpointRouteBuilder app) =>
        app.MapPrometheusScrapingEndpoint(Path, _metrics, configureBranchedPipeline: null, optionsName: null).RequireAuthorization(FleetRoles.Viewer);
}
