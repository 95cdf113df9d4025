using System.Net;
using Dfu.Server.Hosting;
using Microsoft.AspNetCore.Http;

namespace Dfu.Server.Security;

/// <summary>From where a request came, found out before any header that a proxy sets is believed.</summary>
/// <param name="IsLocal">Both ends of its connection are this machine's loopback, and no proxy is between.</param>
/// <param name="IsPastProxy">There is a proxy, and the request came past it.</param>
internal sealed record Connected(bool IsLocal, bool IsPastProxy)
{
    /// <summary>A proxy of which nobody told this server sets one of them.</summary>
    private static readonly string[] OfProxies = ["Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP"];

    public static Connected Of(HttpContext context, WebSettings settings)
    {
        var (here, there) = (context.Connection.LocalIpAddress, context.Connection.RemoteIpAddress);
        var loopback = IsLoopback(here) && IsLoopback(there);
        if (settings.BehindProxy)
            return new(IsLocal: false, !IsLoopback(there) && !(there is not null && settings.Proxies.Any(network => network.Contains(Plain(there)))));
        return new(loopback && !OfProxies.Any(context.Request.Headers.ContainsKey), IsPastProxy: false);
    }

    public static bool IsLoopback(IPAddress? address) => address is not null && IPAddress.IsLoopback(Plain(address));

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
