using System.Net;
using System.Net.Security;
using Dfu.Protocol.Errors;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Dfu.Server.Hosting;

/// <summary>Where the web server listens, and how much it takes from whoever connects.</summary>
internal static class Listening
{
    private const int MostConnections = 2000;
    private const int MostHeaders = 64;
    private const int MostHeaderBytes = 16 * 1024;

    /// <summary>Of a request to an endpoint that says nothing else.</summary>
    private const int MostBodyBytes = 1 << 20;

    /// <exception cref="DfuException">NetworkInsecure: others could read what goes over it; InvalidArgument: there is no certificate.</exception>
    public static void Check(WebSettings settings, WebCertificateFiles? certificate)
    {
        foreach (var url in settings.Urls)
        {
            if (url.Scheme == Uri.UriSchemeHttps && certificate is null)
            {
                throw new DfuException(DfuError.InvalidArgument, $"--urls {url} needs a certificate")
                {
                    Remedy = "Give it by --web-certificate and --web-key; docs/security.md says where to get one.",
                };
            }

            if (url.Scheme == Uri.UriSchemeHttp && !url.IsLoopback && !settings.BehindProxy)
            {
                throw new DfuException(DfuError.NetworkInsecure, $"--urls {url} can be reached by others, who could read every access key on its way")
                {
                    Remedy = $"Make it https and give --web-certificate and --web-key, or say --behind-proxy if a proxy does TLS for it.",
                };
            }
        }
    }

    /// <summary>An address that opens in a browser of this machine.</summary>
    public static Uri Shown(Uri url) => IsAny(url)
        ? new UriBuilder(url) { Host = url.Scheme == Uri.UriSchemeHttps ? Dns.GetHostName() : "localhost" }.Uri
        : url;

    /// <summary>
    /// Names besides <c>localhost</c> under which this machine's browsers are sent here by <see cref="Shown"/>. There is TLS under them: who lets the name
    /// point here for their own page has no certificate for it.
    /// </summary>
    public static IReadOnlyList<string> ShownNames(WebSettings settings) =>
        settings.Urls.Any(static url => url.Scheme == Uri.UriSchemeHttps && IsAny(url)) ? [Dns.GetHostName()] : [];

    public static void Set(KestrelServerOptions options, IReadOnlyList<Uri> urls, WebCertificate? certificate)
    {
        options.AddServerHeader = false;
        var limits = options.Limits;
        limits.MaxConcurrentConnections = MostConnections;
        limits.MaxConcurrentUpgradedConnections = MostConnections;
        limits.MaxRequestHeaderCount = MostHeaders;
        limits.MaxRequestHeadersTotalSize = MostHeaderBytes;
        limits.MaxRequestBodySize = MostBodyBytes;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        limits.MinRequestBodyDataRate = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(10));
        foreach (var url in urls) Listen(options, url, certificate);
    }

    private static bool IsAny(Uri url) => url.Host is "0.0.0.0" or "[::]";

    private static void Listen(KestrelServerOptions options, Uri url, WebCertificate? certificate)
    {
        void Configure(ListenOptions listen)
        {
            if (url.Scheme != Uri.UriSchemeHttps) return;
            listen.UseHttps(new TlsHandshakeCallbackOptions
            {
                OnConnection = _ => new(new SslServerAuthenticationOptions { ServerCertificateContext = certificate!.Current() }),
            });
        }

        if (IPAddress.TryParse(url.Host.Trim('[', ']'), out var address)) options.Listen(address, url.Port, Configure);
        else if (url.Host == "localhost" && url.Port != 0) options.ListenLocalhost(url.Port, Configure);
        else if (url.Host == "localhost") options.Listen(IPAddress.Loopback, 0, Configure);
        else options.ListenAnyIP(url.Port, Configure);
    }
}
