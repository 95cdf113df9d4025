using System.Diagnostics.CodeAnalysis;

namespace Dfu.Api.Http;

/// <summary>Where a server is, and how it is talked to.</summary>
public sealed record FleetHttpOptions
{
    /// <summary>The server's address, as it says when it is ready: <c>http://127.0.0.1:5280/</c>. A path in front of the API's own is kept.</summary>
    public required Uri Url { get; init; }

    /// <summary>The access key, which a server that others reach asks for; null is none.</summary>
    public string? Key { get; init; }

    /// <summary>
    /// A file in PEM form with the authorities, or the one certificate, that the server's certificate is checked against; null is the system's.
    /// </summary>
    public string? Authority { get; init; }

    /// <summary>How long a server may take to accept a connection. Default 8 s.</summary>
    public TimeSpan ConnectFor { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>How long one answer may take, from the request to its last byte; an adapter's self-test is the longest. Default 100 s.</summary>
    public TimeSpan AnswerFor { get; init; } = TimeSpan.FromSeconds(100);

    /// <summary>How long a call goes on trying while nobody answers. Default 30 s.</summary>
    public TimeSpan RetryFor { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a stream of events may be silent before it is opened again; servers send something every 15 s. Default 40 s.</summary>
    public TimeSpan SilenceFor { get; init; } = TimeSpan.FromSeconds(40);

    /// <summary>Reads an address as people write it: without a scheme it is http on this machine, and https elsewhere.</summary>
    public static bool TryReadUrl(string text, [NotNullWhen(true)] out Uri? url)
    {
        text = text.Trim();
        var whole = text.Contains("://", StringComparison.Ordinal) ? text : $"//{text}";
        if (whole.StartsWith("//", StringComparison.Ordinal) && Uri.TryCreate($"http:{whole}", UriKind.Absolute, out var guess))
            whole = $"{(guess.IsLoopback ? Uri.UriSchemeHttp : Uri.UriSchemeHttps)}:{whole}";
        if (!Uri.TryCreate(whole, UriKind.Absolute, out url)) return false;
        if (!url.AbsolutePath.EndsWith('/')) url = new UriBuilder(url) { Path = url.AbsolutePath + "/" }.Uri;
        return (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps) && url is { Query: "", Fragment: "", UserInfo: "" };
    }

    /// <summary>Never the key.</summary>
    public override string ToString() => Url.ToString();
}
