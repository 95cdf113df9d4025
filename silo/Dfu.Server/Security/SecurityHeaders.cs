using Microsoft.AspNetCore.Http;

namespace Dfu.Server.Security;

/// <summary>A content security policy of its own, for an endpoint whose page needs another; put among its metadata.</summary>
public sealed record ContentPolicy(string Text);

/// <summary>What browsers are told about every answer. docs/security.md says what each part is for.</summary>
internal static class SecurityHeaders
{
    /// <summary>Nothing but from this server, no script in a page, no plug-in, no frame.</summary>
    public const string Console = "default-src 'none'; script-src 'self'; style-src-elem 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data:; "
        + "font-src 'self'; connect-src 'self'; manifest-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

    private const string Permissions = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), magnetometer=(), "
        + "microphone=(), midi=(), payment=(), serial=(), usb=()";

    private const string Hsts = "max-age=2592000";

    public static void Set(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "same-origin"; // not no-referrer: with that, browsers hide the origin of our own forms too
        headers["Permissions-Policy"] = Permissions;
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.ContentSecurityPolicy = Console;
        if (context.Request.IsHttps) headers.StrictTransportSecurity = Hsts;
        context.Response.OnStarting(SetLateAsync, context);
    }

    private static Task SetLateAsync(object state)
    {
        var context = (HttpContext)state;
        var headers = context.Response.Headers;
        if (context.GetEndpoint()?.Metadata.GetMetadata<ContentPolicy>() is { } policy) headers.ContentSecurityPolicy = policy.Text;
        if (headers.CacheControl.Count == 0) headers.CacheControl = "no-store";
        return Task.CompletedTask;
    }
}
