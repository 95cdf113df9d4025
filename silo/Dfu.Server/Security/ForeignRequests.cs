using System.Net;
using Microsoft.AspNetCore.Http;

namespace Dfu.Server.Security;

/// <summary>What of a request says whether this server's own pages, or no page at all, made it.</summary>
internal readonly record struct RequestFacts
{
    public required bool IsLocal { get; init; }
    public required string Method { get; init; }
    public required string Scheme { get; init; }
    public required HostString Host { get; init; }
    public required bool IsApi { get; init; }

    /// <summary>Null when there is none.</summary>
    public string? Origin { get; init; }
    public string? FetchSite { get; init; }
    public string? FetchMode { get; init; }
    public string? FetchDest { get; init; }
    public string? ContentType { get; init; }
    public bool HasKey { get; init; }
    public bool HasSession { get; init; }
}

/// <summary>Why a request is refused.</summary>
internal sealed record Foreign(int Status, string Why, string Remedy);

/// <summary>
/// Refuses what another web page makes a browser send: under a name of its own that it lets point here (DNS rebinding), or across origins. Who needs
/// no key is known by nothing else than where the request comes from, and a browser on this machine is there too.
/// </summary>
internal static class ForeignRequests
{
    private const int LongestShown = 200;
    private static readonly string[] OfForms = ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"];

    /// <param name="names">Names of this server, besides its addresses.</param>
    public static Foreign? Judge(in RequestFacts request, IReadOnlyCollection<string> names) =>
        OfHost(request, names) ?? OfOrigin(request, names) ?? OfSite(request) ?? OfChange(request, names);

    /// <summary>An address cannot be rebound, so a request to one means this server.</summary>
    private static Foreign? OfHost(in RequestFacts request, IReadOnlyCollection<string> names)
    {
        var host = request.Host.Host;
        if (host.Length == 0) return new(StatusCodes.Status403Forbidden, "it has no Host header", "Send one.");
        if (IsOneOf(host, names) || (!request.IsLocal && names.Count == 0)) return null;
        var address = IPAddress.TryParse(host, out var parsed) ? parsed : null;
        if (request.IsLocal ? Connected.IsLoopback(address) || host.Equals("localhost", StringComparison.OrdinalIgnoreCase) : address is not null) return null;
        return new(
            StatusCodes.Status403Forbidden,
            $"it was made to the name '{host}', which is not this server's",
            $"Open it by its address, as it says when it starts; if the name is its own, give 'dfu serve --web-name {host}'.");
    }

    private static Foreign? OfOrigin(in RequestFacts request, IReadOnlyCollection<string> names) =>
        request.Origin is null || IsOurs(request, names)
            ? null
            : Elsewhere($"a page of {Short(request.Origin)} made the browser send it");

    /// <summary>Browsers send Origin with changes and what pages read, and this with everything.</summary>
    private static Foreign? OfSite(in RequestFacts request)
    {
        if (request.FetchSite is null or "same-origin" or "none") return null;
        var followed = IsReading(request) && request.FetchMode == "navigate" && request.FetchDest is null or "document";
        return followed ? null : Elsewhere("a page of another origin made the browser send it");
    }

    private static Foreign? OfChange(in RequestFacts request, IReadOnlyCollection<string> names)
    {
        if (IsReading(request) || request.HasKey) return null; // no page can make a browser send a key
        if (request.HasSession && request.FetchSite != "same-origin" && !(request.Origin is not null && IsOurs(request, names)))
            return Elsewhere("it changes something, and nothing says that a page of this server made it");
        var type = request.ContentType?.Split(';')[0].Trim();
        return request.IsApi && type is not null && OfForms.Contains(type, StringComparer.OrdinalIgnoreCase)
            ? new(
                StatusCodes.Status415UnsupportedMediaType,
                $"its content is {type}, which any web page can send",
                "Send JSON with the header 'Content-Type: application/json', and a package as application/zip.")
            : null;
    }

    private static bool IsReading(in RequestFacts request) => HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);

    private static bool IsOurs(in RequestFacts request, IReadOnlyCollection<string> names) => Uri.TryCreate(request.Origin, UriKind.Absolute, out var origin)
        && (origin.GetLeftPart(UriPartial.Authority).Equals(
                Uri.TryCreate($"{request.Scheme}://{request.Host.Value}", UriKind.Absolute, out var ours) ? ours.GetLeftPart(UriPartial.Authority) : "",
                StringComparison.OrdinalIgnoreCase)
            || (!request.IsLocal && origin.Scheme == Uri.UriSchemeHttps && IsOneOf(origin.Host, names)));

    private static bool IsOneOf(string host, IReadOnlyCollection<string> names) => names.Contains(host, StringComparer.OrdinalIgnoreCase);

    private static string Short(string origin) => origin.Length <= LongestShown ? origin : $"{origin[..LongestShown]}...";

    private static Foreign Elsewhere(string why) => new(
        StatusCodes.Status403Forbidden,
        why,
        "Open this server's own pages; a program sends no Origin. Behind a proxy, have it pass on Host and X-Forwarded-Proto, or give 'dfu serve --web-name'.");
}
