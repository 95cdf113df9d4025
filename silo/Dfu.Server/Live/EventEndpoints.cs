using Dfu.Api;
using Dfu.Api.Events;
using Dfu.Server.Api.OpenApi;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Dfu.Server.Live;

/// <summary>Live state over HTTP.</summary>
internal static class EventEndpoints
{
    private const string Names =
        "Server-sent events: snapshot is all there is, changes is what changed since the event before, at most four times a second; problem is the "
        + "last. Members that are missing are as they were. While more is true, nothing is complete yet.";

    public static void AddLiveFeeds(this IServiceCollection services)
    {
        services.AddSingleton<LiveFeeds>();
        services.AddSingleton<ILiveFeeds>(static services => services.GetRequiredService<LiveFeeds>());
    }

    public static void MapEvents(this IEndpointRouteBuilder api)
    {
        api.MapGet("/events", static (LiveFeeds feeds, IHostApplicationLifetime life, HttpContext http) =>
                EventStream.WriteAsync(feeds.OfFleet(), http, life.ApplicationStopping))
            .Produces<FleetUpdate>(StatusCodes.Status200OK, ApiHeaders.EventStream).Refuses().TakesLastEventId().WithTags("Fleet")
            .Describe("followFleet", "Follow campaigns and adapters as they change.", Names);
        api.MapGet("/campaigns/{campaign}/events", static (string campaign, LiveFeeds feeds, IHostApplicationLifetime life, HttpContext http) =>
                EventStream.WriteAsync(feeds.OfCampaign(campaign), http, life.ApplicationStopping))
            .Produces<CampaignUpdate>(StatusCodes.Status200OK, ApiHeaders.EventStream).Refuses(404).TakesLastEventId().WithTags("Campaigns")
            .Describe("followCampaign", "Follow a campaign as it changes.", Names);
    }
}
