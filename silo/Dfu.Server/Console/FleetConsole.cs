using Dfu.Server.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.FluentUI.AspNetCore.Components;

namespace Dfu.Server.Console;

/// <summary>The pages for people, <c>/</c>.</summary>
internal static class FleetConsole
{
    public static void AddFleetConsole(this IServiceCollection services)
    {
        services.AddRazorComponents().AddInteractiveServerComponents();
        services.AddFluentUIComponents();
    }

    public static void MapFleetConsole(this IEndpointRouteBuilder app) => app.MapRazorComponents<App>()
        .AddInteractiveServerRenderMode().RequireAuthorization(FleetRoles.Viewer);
}
