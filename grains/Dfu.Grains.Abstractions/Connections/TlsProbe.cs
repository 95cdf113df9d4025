using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Dfu.Grains.Connections;

/// <summary>Asks a member once, beside Orleans, why it and we do not talk to each other: Orleans only says that nobody answers.</summary>
public static class TlsProbe
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    /// <summary>A member that refuses a certificate does so after the handshake (TLS 1.3), one that accepts it then waits for us to speak.</summary>
    private static readonly TimeSpan Verdict = TimeSpan.FromSeconds(2);

    private const string NoneGiven = "it asks for a certificate of its cluster, and none was given";
    private const string NoTls = "it does not speak TLS: it was given no certificates, or is another program";

    /// <param name="tls">Null for one that talks without TLS.</param>
    /// <returns>A sentence about the member; null when it talks as we do, does not answer at all, or the reason is another.</returns>
    public static async Task<string?> WhyNotAsync(IPEndPoint member, ClusterTls? tls, TimeProvider time, CancellationToken cancellationToken)
    {
        var why = await AskAsync(member, tls, time, cancellationToken);

        // A member that dies in the handshake breaks it off as one without TLS does. Asked again, it is not there.
        return why == NoTls ? await AskAsync(member, tls, time, cancellationToken) : why;
    }

    private static async Task<string?> AskAsync(IPEndPoint member, ClusterTls? tls, TimeProvider time, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(Longest, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        using var client = new TcpClient(member.AddressFamily);
        try
        {
            await client.ConnectAsync(member, either.Token);
        }
        catch (Exception e) when (e is SocketException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }

        var peer = TlsPeer.Begin(member);
        var shook = false;
        await using var stream = new SslStream(client.GetStream());
        try
        {
            await stream.AuthenticateAsClientAsync(Options(tls), either.Token);
            shook = true;
            var stays = await StaysAsync(stream, time, either.Token); // also where it cannot: the member is to see for itself why
            return tls is null ? NoneGiven : stays ? null : "it closed the connection: it does not accept our certificate, and its log says why";
        }
        catch (Exception e) when (e is IOException or AuthenticationException or SocketException)
        {
            if (tls is null) return shook ? NoneGiven : null;
            if (shook) return $"it does not accept our certificate: {(e.InnerException ?? e).Message}";
            return peer.Flaw is null ? NoTls : $"its certificate {peer.Flaw}";
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null; // it is held up: what does not speak TLS breaks off
        }
    }

    private static SslClientAuthenticationOptions Options(ClusterTls? tls)
    {
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = "",
            ApplicationProtocols = [new SslApplicationProtocol("Orleans1")],
            RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
                tls is null || (certificate is X509Certificate2 shown && tls.Accepts(shown, chain, errors)),
        };
        if (tls is null) return options;
        options.ClientCertificates = [tls.Certificate];
        options.CertificateChainPolicy = tls.PolicyFor(TlsRole.Member);
        return options;
    }

    private static async Task<bool> StaysAsync(SslStream stream, TimeProvider time, CancellationToken cancellationToken)
    {
        using var waited = new CancellationTokenSource(Verdict, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(waited.Token, cancellationToken);
        try
        {
            return await stream.ReadAsync(new byte[1], either.Token) > 0;
        }
        catch (OperationCanceledException) when (waited.IsCancellationRequested)
        {
            return true;
        }
    }
}
