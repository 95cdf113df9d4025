using System.Net;

namespace Dfu.Grains.Connections;

/// <summary>The other end of a TLS handshake that goes on in this flow of calls, for whoever tells people how it ended.</summary>
public sealed class TlsPeer
{
    private static readonly AsyncLocal<TlsPeer?> InThisFlow = new();

    private TlsPeer(EndPoint? address) => Address = address;

    /// <summary>Null outside of a handshake.</summary>
    public static TlsPeer? Current => InThisFlow.Value;

    public EndPoint? Address { get; }

    /// <summary>What was wrong with its certificate; null when that did not come into question.</summary>
    internal string? Flaw { get; set; }

    internal static TlsPeer Begin(EndPoint? address) => InThisFlow.Value = new(address);

    /// <summary>Why the handshake failed, as a sentence about the other end; null when that only looked whether somebody listens.</summary>
    public string? Explain(Exception? failure)
    {
        if (Flaw is not null) return $"its certificate {Flaw}";
        if (failure is OperationCanceledException) return "it did not finish the TLS handshake";
        if (failure is IOException && failure.Message.Contains("EOF", StringComparison.Ordinal)) return null;
        return $"it has no certificate of this cluster, or does not speak TLS ({(failure?.InnerException ?? failure)?.Message})";
    }
}
