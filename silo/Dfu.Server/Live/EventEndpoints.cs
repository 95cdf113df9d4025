using Dfu.Api.Events;
using Dfu.Server.Api;
using Dfu.Server.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Dfu.Server.Live;

/// <summary>Live state over HTTP.</summary>
internal static class EventEndpoints
{
    private const string MediaType = "text/event-stream";

    public static void AddLiveFeeds(this IServiceCollection services)
    {
        services.AddSingleton<LiveFeeds>();
        services.AddSingleton<ILiveFeeds>(static services => services.GetRequiredService<LiveFeeds>());
    }

    public static void MapEvents(this IEndpointRouteBuilder app)
    {
        var events = app.MapGroup(FleetApi.Root).RequireAuthorization(FleetRoles.Viewer).WithTags("events");
        events.MapGet("/events", static (LiveFeeds feeds, IHostApplicationLifetime life, HttpContext http) =>
                EventStream.WriteAsync(feeds.OfFleet(), http, life.ApplicationStopping))
            .WithName("followFleet").WithSummary("Campaigns and adapters as they change, as server-sent events.")
            .Produces<FleetUpdate>(StatusCodes.Status200OK, MediaType);
        events.MapGet("/campaigns/{campaign}/events", static (string campaign, LiveFeeds feeds, IHostApplicationLifetime life, HttpContext http) =>
                EventStream.WriteAsync(feeds.OfCampaign(campaign), http, life.ApplicationStopping))
            .WithName("followCampaign").WithSummary("A campaign as it changes, as server-sent events. Last-Event-ID goes on where a reader was.")
            .Produces<CampaignUpdate>(StatusCodes.Status200OK, MediaType)
            .ProducesProblem(StatusCodes.Status404NotFound);
    }
}
