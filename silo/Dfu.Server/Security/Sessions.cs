using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Dfu.Server.Security;

/// <summary>What a browser keeps of a key: a cookie that names it, signed and encrypted with this member's own keys. The secret is not in it.</summary>
internal static class Sessions
{
    public const string Scheme = "session";
    public const string Cookie = "dfu-session";
    public static readonly TimeSpan Shift = TimeSpan.FromHours(12);
    public static readonly TimeSpan Long = TimeSpan.FromDays(30);

    public static void Set(CookieAuthenticationOptions options)
    {
        options.Cookie.Name = Cookie;
        options.Cookie.HttpOnly = true;
        options.Cookie.SameSite = SameSiteMode.Strict;
        options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        options.ExpireTimeSpan = Shift;
        options.SlidingExpiration = true;
        options.Events.OnValidatePrincipal = static async context =>
        {
            var requests = context.HttpContext.RequestServices.GetRequiredService<OpenRequests>();
            if (context.Principal is { } user && await requests.IsInForceAsync(user, context.HttpContext.RequestAborted)) return;
            context.RejectPrincipal();
            await context.HttpContext.SignOutAsync(Scheme);
        };
    }
}
