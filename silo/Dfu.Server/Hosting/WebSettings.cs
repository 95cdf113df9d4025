using System.Net;
using Dfu.Grains.Connections;

namespace Dfu.Server.Hosting;

/// <summary>Where and how a member is reached by browsers and programs.</summary>
public sealed record WebSettings
{
    public const int UsualPort = 5280;

    /// <summary>
    /// Where it listens: <c>http://127.0.0.1:5280</c>, <c>https://0.0.0.0:5280</c>; port 0 takes a free one. Empty is port 5280 of this machine alone, or a
    /// free one where that is taken. A name that is no address listens on all of them, and is one of <see cref="Names"/>.
    /// </summary>
    public IReadOnlyList<Uri> Urls { get; init; } = [];

    /// <summary>Names that the server has besides its addresses: browsers are answered under those and no others.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>What browsers know the server by; null takes the member's own.</summary>
    public WebCertificateFiles? Certificate { get; init; }

    /// <summary>
    /// Everything comes over a proxy that does TLS and says whose request it is: over this machine's loopback, or from one of <see cref="Proxies"/>. Nobody
    /// is known by their connection then: everybody needs a key.
    /// </summary>
    public bool BehindProxy { get; init; }

    public IReadOnlyList<IPNetwork> Proxies { get; init; } = [];

    /// <summary>Bytes of the largest package file that is taken over HTTP, at most 33 MiB. Default 16 MiB.</summary>
    public long MaxUploadBytes { get; init; } = 16 << 20;

    /// <summary>The Orleans Dashboard is there too, for admins; the silo must have its part, see <see cref="Hosting.OrleansDashboard"/>.</summary>
    public bool OrleansDashboard { get; init; }

    /// <summary>What <see cref="ScrapedMetrics.Path"/> shows; null has no such page.</summary>
    public ScrapedMetrics? Metrics { get; init; }

    /// <summary>Called once, with an address for this machine's browser, when the server listens.</summary>
    public Action<Uri> Listens { get; init; } = static _ => { };
}

/// <summary>Files in PEM form.</summary>
/// <param name="Certificate">The server's certificate, and those between it and an authority that browsers know.</param>
/// <param name="Key">Its private key.</param>
/// <param name="Passphrase">Opens the key when it is encrypted.</param>
public sealed record WebCertificateFiles(string Certificate, string Key, string? Passphrase = null)
{
    public static WebCertificateFiles Of(TlsFiles files) => new(files.Certificate, files.Key, files.Passphrase);

    /// <summary>Never the passphrase.</summary>
    public override string ToString() => $"{Certificate}, {Key}";
}
