using System.Net;
using System.Text.RegularExpressions;
using Dfu.Server.Security;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Dfu.Server.Tests.Security;

/// <summary>Every endpoint that the server has, for everybody who may ask.</summary>
[Collection(KeyedFleet.Name)]
public sealed partial class RolesTests(KeyedFleet fleet)
{
    /// <summary>
    /// For whoever asks: a page to sign in on, whether the server is well, and the script of a library that shows the API's reference. Nothing else.
    /// </summary>
    private static readonly string[] Open =
    [
        "/sign-in", "/sign-out", "/health/live", "/health/ready", "/api/scalar.js", "/api/scalar.aspnetcore.js", "/api/favicon.svg",
    ];

    private IEnumerable<RouteEndpoint> Endpoints => fleet.Served.Web.Services.GetServices<EndpointDataSource>()
        .SelectMany(static source => source.Endpoints).OfType<RouteEndpoint>();

    [Fact]
    public void Every_endpoint_says_who_may_ask_and_only_what_is_named_here_is_open_to_everybody()
    {
        var silent = Endpoints.Where(static endpoint => Policy(endpoint) is null).Select(static endpoint => Path(endpoint)).Distinct().Except(Open).Order();
        Assert.Empty(silent);
        Assert.All(Endpoints.Where(static endpoint => Policy(endpoint) is not null), static endpoint => Assert.DoesNotContain(Path(endpoint), Open));
        Assert.Contains(Endpoints, static endpoint => Path(endpoint).StartsWith("/_blazor", StringComparison.Ordinal));
    }

    [Fact]
    public void What_changes_something_is_for_operators_and_keys_are_for_admins()
    {
        var changes = Endpoints.Where(static endpoint =>
            Path(endpoint).StartsWith("/api/v1/", StringComparison.Ordinal) && Methods(endpoint).Any(static method => method != "GET"));
        Assert.NotEmpty(changes);
        Assert.All(changes, static endpoint => Assert.NotEqual(FleetRoles.Viewer, Policy(endpoint)));
        Assert.All(
            Endpoints.Where(static endpoint => Path(endpoint).StartsWith("/api/v1/keys", StringComparison.Ordinal)),
            static endpoint => Assert.Equal(FleetRoles.Admin, Policy(endpoint)));
    }

    [Fact]
    public async Task Without_a_key_every_endpoint_is_shut_and_with_one_as_far_as_its_role_goes()
    {
        foreach (var (path, method, needed) in from endpoint in Endpoints
            where Policy(endpoint) is not null
            from method in Methods(endpoint)
            select (Url(endpoint), method, Policy(endpoint)!))
        {
            Assert.Equal((method, path, HttpStatusCode.Unauthorized), (method, path, await fleet.StatusAsync(method, path)));
            foreach (var role in FleetRoles.All.TakeWhile(role => role != needed))
                Assert.Equal((method, path, role, HttpStatusCode.Forbidden), (method, path, role, await fleet.StatusAsync(method, path, fleet.Of(role))));
            if (path.StartsWith("/_", StringComparison.Ordinal)) continue; // a browser's connection, which is open until it closes it
            if (path.StartsWith("/orleans/", StringComparison.Ordinal)) continue; // a library's, which fails at names that are not there
            var may = await fleet.StatusAsync(method, path, fleet.Of(needed));
            Assert.False(
                may is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.InternalServerError, $"{needed}: {method} {path}: {may}");
        }
    }

    [Fact]
    public async Task What_does_not_exist_is_not_told_to_strangers() =>
        Assert.Equal(HttpStatusCode.Unauthorized, await fleet.StatusAsync("GET", "/api/v1/no-such-thing"));

    private static string Path(RouteEndpoint endpoint) => "/" + endpoint.RoutePattern.RawText?.TrimStart('/');

    /// <summary>The highest role that it asks for.</summary>
    private static string? Policy(RouteEndpoint endpoint) => endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null
        ? null
        : endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>().Select(static data => data.Policy).OfType<string>()
            .MaxBy(static policy => FleetRoles.All.ToList().IndexOf(policy));

    private static IReadOnlyList<string> Methods(RouteEndpoint endpoint) =>
        endpoint.Metadata.GetMetadata<HttpMethodMetadata>() is { HttpMethods: { Count: > 0 } methods } ? methods : ["GET"];

    /// <summary>With something that is not there in the place of every name.</summary>
    private static string Url(RouteEndpoint endpoint) =>
        Parameter().Replace(Path(endpoint), static name => name.Value.Contains(":int", StringComparison.Ordinal) ? "1" : "none");

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Parameter();
}
