using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Dfu.Protocol.Errors;

namespace Dfu.Api.Http;

/// <summary>How connections to a server are made.</summary>
internal static class HttpConnection
{
    /// <exception cref="DfuException">CertificateInvalid: the authority's file.</exception>
    public static SocketsHttpHandler Handler(FleetHttpOptions options)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false, // the key goes nowhere else
            AutomaticDecompression = DecompressionMethods.All,
            ConnectTimeout = options.ConnectFor,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5), // the server's name may come to mean another host
            UseCookies = false,
            UseProxy = !options.Url.IsLoopback,
        };
        if (options.Authority is { } file) handler.SslOptions = new() { CertificateChainPolicy = Policy(file) };
        return handler;
    }

    private static X509ChainPolicy Policy(string file)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        try
        {
            policy.CustomTrustStore.ImportFromPemFile(file);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new DfuException(DfuError.CertificateInvalid, $"{file} cannot be read: {e.Message.TrimEnd('.')}", e);
        }

        return policy.CustomTrustStore.Count > 0 ? policy : throw new DfuException(DfuError.CertificateInvalid, $"{file} has no certificate in PEM form");
    }
}
