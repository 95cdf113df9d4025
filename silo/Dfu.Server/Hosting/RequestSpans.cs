using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace Dfu.Server.Hosting;

/// <summary>The span that ASP.NET has for a request, with what the semantic conventions of HTTP servers want. ASP.NET 10 says only half of it.</summary>
internal static class RequestSpans
{
    private const string Silent = "Microsoft.AspNetCore.Hosting.SuppressActivityOpenTelemetryData";

    /// <summary>Has ASP.NET say what is asked for as soon as a span begins, for samplers. Before the host is made.</summary>
    public static void Describe() => AppContext.SetSwitch(Silent, false);

    /// <summary>First of all, so that it sees the answer that is sent.</summary>
    public static void UseRequestSpans(this IApplicationBuilder app) => app.Use(static async (context, next) =>
    {
        await next(context);
        if (context.Features.Get<IHttpActivityFeature>()?.Activity is { IsAllDataRequested: true } span) Finish(span, context);
    });

    private static void Finish(Activity span, HttpContext context)
    {
        var (method, status) = (context.Request.Method, context.Response.StatusCode);
        span.SetTag("http.response.status_code", status);
        if ((context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText is { Length: > 1 } pattern)
        {
            var route = pattern.TrimEnd('/'); // of a group's own endpoint
            span.SetTag("http.route", route);
            span.DisplayName = $"{method} {route}";
        }
        else
        {
            span.DisplayName = method;
        }

        if (status < 500) return;
        span.SetStatus(ActivityStatusCode.Error).SetTag("error.type", status.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }
}
