using System.Security.Cryptography;
using Dfu.Api;
using Dfu.Server.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Scalar.AspNetCore;

namespace Dfu.Server.Api.OpenApi;

/// <summary>The API's description for people, <c>/api</c>: a page on which every request can be looked at and tried, all of it from this server.</summary>
internal static class ApiReference
{
    private const string Path = "/api";

    public static void MapApiReference(this IEndpointRouteBuilder app) => app.MapGroup("").RequireAuthorization(FleetRoles.Viewer).MapScalarApiReference(Path, static (options, http) =>
    {
        var nonce = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        http.Response.Headers.ContentSecurityPolicy = Policy(nonce);
        options.WithNonce(nonce).WithTitle("Dfu.Orleans API").WithOpenApiRoutePattern(ApiRoutes.OpenApi)
            .DisableDefaultFonts().DisableTelemetry().DisableAgent().DisableMcp().HideClientButton().HideDeveloperTools();
    });

    /// <summary>The console's, but for styles, which the page makes as it runs; scripts are those that its document names.</summary>
    private static string Policy(string nonce) => $"default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic'; style-src 'self' 'unsafe-inline'; "
        + "img-src 'self' data:; font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
}
