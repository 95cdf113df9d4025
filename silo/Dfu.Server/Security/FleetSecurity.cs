using System.Security.Claims;
using Dfu.Protocol.Errors;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.DependencyInjection;

namespace Dfu.Server.Security;

/// <summary>Who may do what.</summary>
internal static class FleetSecurity
{
    public static void AddFleetSecurity(this IServiceCollection services)
    {
        services.AddAuthentication(LocalHandler.Scheme).AddScheme<AuthenticationSchemeOptions, LocalHandler>(LocalHandler.Scheme, null);
        var authorization = services.AddAuthorizationBuilder();
        foreach (var (role, index) in FleetRoles.All.Select(static (role, index) => (role, index)))
            authorization.AddPolicy(role, policy => policy.RequireRole(FleetRoles.All.Skip(index)));
        services.AddCascadingAuthenticationState();
    }

    /// <exception cref="DfuException">InvalidArgument: others than this machine could reach it.</exception>
    public static void Check(IEnumerable<Uri> urls)
    {
        if (urls.FirstOrDefault(static url => !url.IsLoopback) is { } open)
            throw new DfuException(DfuError.InvalidArgument, $"--urls: {open} can be reached from other machines") { Remedy = "Give an address of 127.0.0.1." };
    }

    /// <summary>Who it is, for the audit.</summary>
    public static string NameOf(ClaimsPrincipal user) => user.Identity?.Name ?? "web";
}
