using System.CommandLine;
using System.Net;
using Dfu.Protocol.Errors;
using Dfu.Server.Hosting;

namespace Dfu.Cli.Arguments;

/// <summary>Where <c>dfu serve</c> is reached by browsers and programs.</summary>
internal sealed class WebOptions
{
    private const string None = "none";

    private readonly Option<string[]> _urls = Arguments.Option.Many<string>(
        "--urls",
        $"Where the console and the HTTP API are, or {None}; repeat it for more (default: http://127.0.0.1:5280, or a free port where that is taken).",
        static (string text, out string url) =>
        {
            url = text;
            return text == None || TryParse(text, out Uri? _);
        },
        $"an address such as http://127.0.0.1:5280, or {None}",
        "URL");

    private readonly Option<string[]> _names = Arguments.Option.Many<string>(
        "--web-name",
        "A name that browsers reach the server by, besides its addresses; repeat it for more.",
        static (string text, out string name) =>
        {
            name = text;
            return Uri.CheckHostName(text) == UriHostNameType.Dns;
        },
        "a name such as dfu.example.com, without a port",
        "NAME");

    private readonly Option<string?> _certificate =
        Arguments.Option.Text("--web-certificate", "The server's certificate for https, and those that signed it; --tls-certificate unless given.", "PEM");

    private readonly Option<string?> _key = Arguments.Option.Text("--web-key", "Its private key.", "PEM");

    private readonly Option<bool> _behindProxy = Arguments.Option.Flag(
        "--behind-proxy", "A proxy does TLS and everything comes over it: plain http may be reached by it, and everybody needs an access key.");

    private readonly Option<IPNetwork[]> _proxies = Arguments.Option.Many<IPNetwork>(
        "--proxy-address",
        "From where the proxy connects, if that is not this machine; repeat it for more.",
        static (string text, out IPNetwork network) => TryParse(text, out network),
        "an address such as 10.0.0.7, or a network such as 172.18.0.0/16",
        "IP");

    private readonly Option<bool> _dashboard = Arguments.Option.Flag(
        "--orleans-dashboard", "Show admins the Orleans Dashboard at /orleans; it takes about 90 MB more memory. In a cluster, give it to every member.");

    private readonly Option<bool> _metrics = Arguments.Option.Flag(
        "--metrics", $"Show what this member measures at {ScrapedMetrics.Path}, for a Prometheus that asks for it; where keys are needed, with a viewer's.");

    public void AddTo(Command command)
    {
        foreach (var option in new System.CommandLine.Option[] { _urls, _names, _certificate, _key, _behindProxy, _proxies, _dashboard, _metrics }) command.Add(option);
    }

    /// <summary>Begins to measure for the page of metrics; null when nobody asks for that.</summary>
    /// <exception cref="DfuException">InvalidArgument.</exception>
    public ScrapedMetrics? Metrics(ParseResult result, string member)
    {
        if (!result.GetValue(_metrics)) return null;
        if (result.GetRequiredValue(_urls).Contains(None)) throw new DfuException(DfuError.InvalidArgument, $"--metrics is a page, and goes with no --urls {None}");
        return ScrapedMetrics.Begin(member);
    }

    /// <summary>What was asked for; null for no web server.</summary>
    /// <exception cref="DfuException">InvalidArgument.</exception>
    public WebSettings? Of(ParseResult result, ScrapedMetrics? metrics, Action<Uri> listens)
    {
        var given = result.GetRequiredValue(_urls);
        if (!given.Contains(None))
        {
            return new()
            {
                Urls = [.. given.Select(static text => TryParse(text, out Uri? url) ? url : null).OfType<Uri>()],
                Names = result.GetRequiredValue(_names),
                Certificate = CertificateOf(result),
                BehindProxy = IsBehindProxy(result),
                Proxies = result.GetRequiredValue(_proxies),
                OrleansDashboard = result.GetValue(_dashboard),
                Metrics = metrics,
                Listens = listens,
            };
        }

        return given is [_] ? null : throw new DfuException(DfuError.InvalidArgument, $"--urls {None} goes with no other --urls");
    }

    /// <summary>Where it listens, in one line for the operator.</summary>
    public string Line(ParseResult result, Uri url)
    {
        var moved = result.GetRequiredValue(_urls).Length == 0 && url.Port != WebSettings.UsualPort;
        return $"console and HTTP API at {url}{(moved ? $" (port {WebSettings.UsualPort} is taken; --urls gives another)" : "")}";
    }

    private WebCertificateFiles? CertificateOf(ParseResult result) => (result.GetValue(_certificate), result.GetValue(_key)) switch
    {
        (null, null) => null,
        ({ } certificate, { } key) => new(certificate, key, TlsOptions.Passphrase()),
        _ => throw new DfuException(DfuError.InvalidArgument, "--web-certificate and --web-key go together"),
    };

    private bool IsBehindProxy(ParseResult result) => result.GetValue(_behindProxy) || (result.GetRequiredValue(_proxies) is []
        ? false
        : throw new DfuException(DfuError.InvalidArgument, "--proxy-address goes with --behind-proxy"));

    private static bool TryParse(string text, out IPNetwork network)
    {
        if (IPNetwork.TryParse(text, out network)) return true;
        if (!IPAddress.TryParse(text, out var address)) return false;
        network = new(address, address.GetAddressBytes().Length * 8);
        return true;
    }

    private static bool TryParse(string text, out Uri? url) => Uri.TryCreate(text, UriKind.Absolute, out url)
        && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps) && url is { AbsolutePath: "/", Query: "", Fragment: "", UserInfo: "" };
}
