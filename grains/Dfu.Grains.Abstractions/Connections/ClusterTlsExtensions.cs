using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Orleans.Configuration;
using Orleans.Connections.Security;

namespace Dfu.Grains.Connections;

public static class ClusterTlsExtensions
{
    /// <summary>Members talk TLS to each other and to programs, and both ends show certificates: members a member's, programs at least a program's.</summary>
    public static ISiloBuilder UseClusterTls(this ISiloBuilder silo, ClusterTls tls) => silo.Configure<SiloConnectionOptions>(options =>
    {
        options.ConfigureSiloInboundConnection(connection => connection.UseServerTls(Options(tls, TlsRole.Member)));
        options.ConfigureGatewayInboundConnection(connection => connection.UseServerTls(Options(tls, TlsRole.Client)));
        options.ConfigureSiloOutboundConnection(connection => connection.UseClientTls(Options(tls, TlsRole.Member)));
    });

    /// <summary>The program shows its certificate, and talks to members only that show theirs.</summary>
    public static IClientBuilder UseClusterTls(this IClientBuilder client, ClusterTls tls) => client.Configure<ClientConnectionOptions>(
        options => options.ConfigureConnection(connection => connection.UseClientTls(Options(tls, TlsRole.Member))));

    /// <param name="other">What the other end must be accepted as.</param>
    private static TlsOptions Options(ClusterTls tls, TlsRole other) => new()
    {
        LocalCertificate = tls.Certificate,
        RemoteCertificateMode = RemoteCertificateMode.RequireCertificate,
        ClientCertificateMode = RemoteCertificateMode.RequireCertificate,
        RemoteCertificateValidation = tls.Accepts,
        OnAuthenticateAsServer = (connection, options) =>
        {
            TlsPeer.Begin(connection.RemoteEndPoint);
            ((SslServerAuthenticationOptions)options.SslServerAuthenticationOptions).CertificateChainPolicy = tls.PolicyFor(other);
        },
        OnAuthenticateAsClient = (connection, options) =>
        {
            TlsPeer.Begin(connection.RemoteEndPoint);
            ((SslClientAuthenticationOptions)options.SslClientAuthenticationOptions).CertificateChainPolicy = tls.PolicyFor(other);
        },
    };

    /// <summary>Whether the other end's certificate passed; its name is not compared, see <see cref="ClusterTls"/>.</summary>
    internal static bool Accepts(this ClusterTls tls, X509Certificate2 certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        var bad = errors & ~SslPolicyErrors.RemoteCertificateNameMismatch;
        if (bad == SslPolicyErrors.None && chain is not null) return true;
        if (TlsPeer.Current is { } peer)
            peer.Flaw = chain is null ? "could not be checked" : $"'{ClusterTls.NameOf(certificate)}' {tls.FlawOf(certificate, chain)}";
        return false;
    }
}
