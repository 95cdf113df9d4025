using Dfu.Server.Console.Campaigns;
using Dfu.Server.Console.NewCampaign;
using Dfu.Server.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.FluentUI.AspNetCore.Components;

namespace Dfu.Server.Console;

/// <summary>The pages for people, <c>/</c>.</summary>
internal static class FleetConsole
{
    /// <summary>How often a page hears from the server at least: what it shows is not much older than it says.</summary>
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(4);

    public static void AddFleetConsole(this IServiceCollection services)
    {
        services.AddRazorComponents().AddInteractiveServerComponents()
            .AddHubOptions(static options => (options.KeepAliveInterval, options.ClientTimeoutInterval) = (KeepAlive, 6 * KeepAlive));
        services.AddFluentUIComponents(static library => library.DefaultValues.For<FluentMessageBar>().Set(static bar => bar.AllowDismiss, false));
        services.AddSingleton<PackageTitles>();
        services.AddSingleton<AirWatch>();
    }

    public static void MapFleetConsole(this IEndpointRouteBuilder app) => app.MapRazorComponents<App>()
        .AddInteractiveServerRenderMode(static options => options.ContentSecurityFrameAncestorsPolicy = null).RequireAuthorization(FleetRoles.Viewer);
}
