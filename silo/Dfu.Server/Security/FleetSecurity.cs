using System.Net;
using System.Security.Claims;
using Dfu.Protocol.Errors;
using Dfu.Server.Api;
using Dfu.Server.Hosting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Dfu.Server.Security;

/// <summary>Who may do what, and what is not even looked at.</summary>
internal static class FleetSecurity
{
    private const string KeysFolder = "web-keys";

    /// <param name="dataDirectory">The member's.</param>
    public static void AddFleetSecurity(this IServiceCollection services, string dataDirectory)
    {
        services.AddSingleton<KnownKeys>();
        services.AddSingleton<FailedKeys>();
        services.AddSingleton<AccessChecks>();
        services.AddSingleton<OpenRequests>();
        services.AddAuthentication(AccessHandler.Scheme)
            .AddScheme<AuthenticationSchemeOptions, AccessHandler>(AccessHandler.Scheme, null)
            .AddCookie(Sessions.Scheme, Sessions.Set);
        var authorization = services.AddAuthorizationBuilder();
        foreach (var (role, index) in FleetRoles.All.Select(static (role, index) => (role, index)))
            authorization.AddPolicy(role, policy => policy.RequireRole(FleetRoles.All.Skip(index)));
        authorization.SetFallbackPolicy(new Microsoft.AspNetCore.Authorization.AuthorizationPolicyBuilder().RequireRole(FleetRoles.All).Build());
        services.AddCascadingAuthenticationState();
        services.AddScoped<AuthenticationStateProvider, CircuitAccess>();
        services.AddDataProtection().SetApplicationName("dfu");
        services.AddOptions<KeyManagementOptions>().Configure<ILoggerFactory>((options, log) =>
            options.XmlRepository = new WebKeys(Path.Combine(dataDirectory, KeysFolder), log.CreateLogger<WebKeys>()));
        services.AddAntiforgery(static options =>
        {
            options.Cookie.Name = "dfu-form";
            options.Cookie.HttpOnly = true;
            options.Cookie.SameSite = SameSiteMode.Strict;
            options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            options.SuppressXFrameOptionsHeader = true; // frame-ancestors says it
        });
    }

    /// <summary>First of all: what comes from where it should not is answered by nothing else.</summary>
    public static void UseFleetBorder(this WebApplication app)
    {
        var settings = app.Services.GetRequiredService<WebSettings>();
        var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(FleetSecurity));
        var named = settings.Urls.Where(static url => url.HostNameType == UriHostNameType.Dns && !url.IsLoopback).Select(static url => url.Host);
        string[] names = [.. settings.Names, .. named];
        string[] shown = [.. Listening.ShownNames(settings)];
        var lines = new FailedKeys(app.Services.GetRequiredService<TimeProvider>()); // a page may have a browser send thousands
        app.Use((context, next) =>
        {
            context.Features.Set(Connected.Of(context, settings));
            return next(context);
        });
        if (settings.BehindProxy) app.UseForwardedHeaders(Forwarded(settings, names));
        app.Use(async (context, next) =>
        {
            SecurityHeaders.Set(context);
            if (Judge(context, names, shown) is not { } foreign)
            {
                await AnswerAsync(context, next);
                return;
            }

            if (lines.Count(context.Connection.RemoteIpAddress) is null) log.Foreign(context.Connection.RemoteIpAddress, foreign.Why);
            await Refusals.WriteAsync(context, foreign.Status, new(DfuError.RequestForeign, foreign.Why) { Remedy = foreign.Remedy });
        });
    }

    /// <summary>After routing: finds out who asks, and whether they may.</summary>
    public static void UseFleetSecurity(this WebApplication app)
    {
        var requests = app.Services.GetRequiredService<OpenRequests>();
        app.UseAuthentication();
        app.Use(async (context, next) =>
        {
            using var watched = requests.Watch(context);
            await next(context);
        });
        app.UseAuthorization();
        app.UseAntiforgery();
    }

    /// <summary>Who it is, for the audit.</summary>
    public static string NameOf(ClaimsPrincipal user) => user.Identity?.Name ?? "web";

    private static async Task AnswerAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (DfuException e) when (e.Error == DfuError.ServerUnreachable && !context.Response.HasStarted)
        {
            await Refusals.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, e); // nobody can tell who may
        }
    }

    private static Foreign? Judge(HttpContext context, string[] names, string[] shown)
    {
        var request = context.Request;
        var connected = context.Features.GetRequiredFeature<Connected>();
        if (connected.IsPastProxy && !request.Path.StartsWithSegments("/health"))
        {
            return new(
                StatusCodes.Status403Forbidden,
                "it came past the proxy that this server is behind",
                "Ask the proxy; where that is not on the server's machine, its address is given to 'dfu serve' by --proxy-address.");
        }

        return ForeignRequests.Judge(
            new()
            {
                IsLocal = connected.IsLocal,
                Method = request.Method,
                Scheme = request.Scheme,
                Host = request.Host,
                IsApi = request.Path.StartsWithSegments(FleetApi.Root),
                Origin = Value(request, "Origin"),
                FetchSite = Value(request, "Sec-Fetch-Site"),
                FetchMode = Value(request, "Sec-Fetch-Mode"),
                FetchDest = Value(request, "Sec-Fetch-Dest"),
                ContentType = Value(request, "Content-Type"),
                HasKey = request.Headers.Authorization.Count > 0,
                HasSession = request.Cookies.ContainsKey(Sessions.Cookie),
            },
            connected.IsLocal && request.IsHttps ? [.. names, .. shown] : names);
    }

    private static string? Value(HttpRequest request, string header) => request.Headers[header] is { Count: > 0 } values ? values.ToString() : null;

    private static ForwardedHeadersOptions Forwarded(WebSettings settings, string[] names)
    {
        var options = new ForwardedHeadersOptions
        {
            ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost,
            ForwardLimit = 1,
            AllowedHosts = names,
        };
        options.KnownProxies.Clear();
        options.KnownProxies.Add(IPAddress.IPv6Loopback);
        options.KnownIPNetworks.Clear();
        options.KnownIPNetworks.Add(new(IPAddress.Parse("127.0.0.0"), 8));
        foreach (var network in settings.Proxies) options.KnownIPNetworks.Add(network);
        return options;
    }
}
