using Dfu.Server.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Dashboard;

namespace Dfu.Server.Hosting;

/// <summary>
/// The Orleans Dashboard, <c>/orleans</c>, for admins: grains, their calls and failures. It costs every silo that has it, so it is there only where it was
/// asked for; its counters are of the members that have it.
/// </summary>
public static class OrleansDashboard
{
    public const string Path = "/orleans";

    /// <summary>Its page has styles of its own in attributes, and pictures and fonts in its style sheet.</summary>
    private static readonly ContentPolicy Policy = new(
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; "
        + "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'");

    /// <summary>What counts in the silo.</summary>
    public static void AddTo(ISiloBuilder silo) => silo.AddDashboard(Set);

    /// <summary>What reads the counts, in the web server's container; it needs grains there.</summary>
    internal static void AddTo(IServiceCollection services) => new WebServices(services).AddDashboard(Set);

    internal static void Map(IEndpointRouteBuilder app) => app.MapOrleansDashboard(Path).RequireAuthorization(FleetRoles.Admin).WithMetadata(Policy);

    /// <remarks>The trace would send whoever looks everything that is logged, addresses included.</remarks>
    private static void Set(DashboardOptions options) => options.HideTrace = true;

    /// <summary>The dashboard registers what reads its counts with a client: here the silo beside it is one.</summary>
    private sealed class WebServices(IServiceCollection services) : IClientBuilder
    {
        public IServiceCollection Services => services;

        public IConfiguration Configuration { get; } = new ConfigurationBuilder().Build();
    }
}
