using Dfu.Api;
using Dfu.Fleet.Access;
using Dfu.Server.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Dfu.Server.Api;

/// <summary>The HTTP API, <c>/api/v1</c>.</summary>
internal static class FleetApi
{
    public const string Root = "/api/v1";

    public static void AddFleetApi(this IServiceCollection services) =>
        services.ConfigureHttpJsonOptions(static options => ApiJson.Set(options.SerializerOptions));

    public static void MapFleetApi(this IEndpointRouteBuilder app)
    {
        var api = app.MapGroup(Root).RequireAuthorization(FleetRoles.Viewer);
        api.MapGet("/campaigns", static async (IFleetServer fleet, CancellationToken cancellationToken) =>
            Results.Ok(await fleet.CampaignsAsync(cancellationToken)));
        app.MapKeysApi();
    }
}
