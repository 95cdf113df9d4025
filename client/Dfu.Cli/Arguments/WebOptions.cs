using System.CommandLine;
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
            return text == None || TryParse(text, out _);
        },
        $"an address such as http://127.0.0.1:5280, or {None}",
        "URL");

    public void AddTo(Command command) => command.Options.Add(_urls);

    /// <summary>What was asked for; null for no web server.</summary>
    /// <exception cref="DfuException">InvalidArgument.</exception>
    public WebSettings? Of(ParseResult result, Action<Uri> listens)
    {
        var given = result.GetRequiredValue(_urls);
        if (!given.Contains(None))
            return new() { Urls = [.. given.Select(static text => TryParse(text, out var url) ? url : null).OfType<Uri>()], Listens = listens };
        return given is [_] ? null : throw new DfuException(DfuError.InvalidArgument, $"--urls {None} goes with no other --urls");
    }

    /// <summary>Where it listens, in one line for the operator.</summary>
    public string Line(ParseResult result, Uri url)
    {
        var moved = result.GetRequiredValue(_urls).Length == 0 && url.Port != WebSettings.UsualPort;
        return $"console and HTTP API at {url}{(moved ? $" (port {WebSettings.UsualPort} is taken; --urls gives another)" : "")}";
    }

    private static bool TryParse(string text, out Uri? url) => Uri.TryCreate(text, UriKind.Absolute, out url)
        && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps) && url is { AbsolutePath: "/", Query: "", Fragment: "", UserInfo: "" };
}
