using System.Text.Json.Serialization;
using Dfu.Api;
using Dfu.Server.Api.Adapters;
using Dfu.Server.Api.Answers;
using Dfu.Server.Api.Campaigns;
using Dfu.Server.Api.Devices;
using Dfu.Server.Api.Fleet;
using Dfu.Server.Api.OpenApi;
using Dfu.Server.Api.Packages;
using Dfu.Server.Api.Problems;
using Dfu.Server.Live;
using Dfu.Server.Security;
using Dfu.Silo.Serve;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Dfu.Server.Api;

/// <summary>The HTTP API, <c>/api/v1</c>, and its reference, <c>/api</c>.</summary>
internal static class FleetApi
{
    public const string Root = ApiRoutes.Root;

    public static void AddFleetApi(this IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(static options =>
        {
            ApiJson.Set(options.SerializerOptions);

            // What a caller wants and the server does not know must not be left out without a word.
            options.SerializerOptions.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        });
        services.Configure<RouteHandlerOptions>(static options => options.ThrowOnBadRequest = true);
        services.AddSingleton<PackageDesk>();
        services.AddSingleton<UploadKeys>();
        services.AddApiDocument();
    }

    /// <summary>Before routing: whatever goes wrong below <c>/api</c> is answered with a problem.</summary>
    public static void UseApiProblems(this IApplicationBuilder app) =>
        app.UseWhen(static http => http.Request.Path.StartsWithSegments("/api"), static api => api.UseMiddleware<ApiErrors>());

    public static void MapFleetApi(this IEndpointRouteBuilder app)
    {
        Upload.Prepare(Upload.Directory(app.ServiceProvider.GetRequiredService<ServedSilo>()));
        var api = app.MapGroup(Root).RequireAuthorization(FleetRoles.Viewer).WithBodyLimit(BodyLimit.Usual);
        api.MapCampaigns();
        api.MapPackages();
        api.MapDevices();
        api.MapAdapters();
        api.MapFleet();
        api.MapEvents();
        app.MapKeysApi();
        app.MapApiDocument();
        app.Map(NothingThere.Pattern, NothingThere.Answer).RequireAuthorization(FleetRoles.Viewer).ExcludeFromDescription();
    }
}
