using System.Diagnostics.CodeAnalysis;

namespace Dfu.Adapters.Bridge.Client;

/// <summary>Where a bridge listens.</summary>
/// <param name="Host">A name or an IP address, without brackets.</param>
/// <param name="Port">1 to 65535.</param>
public sealed record BridgeAddress(string Host, int Port)
{
    /// <summary>Accepts <c>bridge:tcp://HOST:PORT</c> and <c>tcp://HOST:PORT</c>; an IPv6 address stands in brackets.</summary>
    public static bool TryParse([NotNullWhen(true)] string? spec, [NotNullWhen(true)] out BridgeAddress? address)
    {
        address = null;
        if (spec is null) return false;
        var text = spec.StartsWith("bridge:", StringComparison.OrdinalIgnoreCase) ? spec["bridge:".Length..] : spec;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme != "tcp" || uri.Port is < 1 or > 65_535) return false;
        if (uri.Host.Length == 0 || uri.UserInfo.Length > 0 || uri.PathAndQuery is not ("" or "/") || uri.Fragment.Length > 0) return false;
        address = new BridgeAddress(uri.DnsSafeHost, uri.Port);
        return true;
    }

    public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"tcp://[{Host}]:{Port}" : $"tcp://{Host}:{Port}";
}
