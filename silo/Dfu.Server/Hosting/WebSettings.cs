namespace Dfu.Server.Hosting;

/// <summary>Where and how a member is reached by browsers and programs.</summary>
public sealed record WebSettings
{
    public const int UsualPort = 5280;

    /// <summary>
    /// Where it listens: <c>http://127.0.0.1:5280</c>, <c>https://0.0.0.0:5280</c>; port 0 takes a free one. Empty is port 5280 of this machine alone, or a
    /// free one where that is taken.
    /// </summary>
    public IReadOnlyList<Uri> Urls { get; init; } = [];

    /// <summary>Bytes of the largest package file that is taken over HTTP, at most 33 MiB. Default 16 MiB.</summary>
    public long MaxUploadBytes { get; init; } = 16 << 20;

    /// <summary>Called once, with an address for this machine's browser, when the server listens.</summary>
    public Action<Uri> Listens { get; init; } = static _ => { };
}
