using Dfu.Fleet;
using Dfu.Grains.Storage;
using Dfu.Silo.Serve;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace Dfu.Server.Health;

/// <summary>
/// For who decides whether the process is restarted, and whether it is sent requests. Nobody needs a key for that, and nothing is told that
/// would need one.
/// </summary>
internal static class HealthEndpoints
{
    public static void AddReadiness(this IServiceCollection services, ServedSilo silo, TimeProvider time)
    {
        var own = silo.Services;
        services.AddHealthChecks()
            .AddCheck("storage", new StorageCheck(own.GetRequiredKeyedService<IGrainStorage>(StorageNames.State), silo.DataDirectory, time))
            .AddCheck("membership", ActivatorUtilities.CreateInstance<MembershipCheck>(own))
            .AddCheck("radios", new RadiosCheck(own.GetRequiredService<FleetHost>(), silo.Grains, time));
        services.AddLogging(static logging => logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None)); // who asks is told
        services.AddSingleton<Readiness>();
    }

    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        app.MapGet("/health/live", static () => Results.Json(new { live = true })).AllowAnonymous().ExcludeFromDescription();
        app.MapGet("/health/ready", static async (Readiness readiness) =>
        {
            var report = await readiness.ReportAsync();
            return Results.Json(report, statusCode: report.Ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
        }).AllowAnonymous().ExcludeFromDescription();
    }
}
