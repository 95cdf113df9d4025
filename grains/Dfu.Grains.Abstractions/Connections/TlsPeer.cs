using System.Net;
using System.Net.Sockets;

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

    /// <summary>
    /// Why it is kept out, as a sentence about it; null when the handshake failed for nothing that it showed: it only looked whether somebody listens,
    /// it died, or one of the ends was held up for too long or is stopping.
    /// </summary>
    public string? WhyKeptOut(Exception? failure)
    {
        if (Flaw is not null) return $"its certificate {Flaw}";
        return failure is OperationCanceledException || IsGone(failure)
            ? null
            : $"it has no certificate of this cluster, or does not speak TLS ({(failure?.InnerException ?? failure)?.Message})";
    }

    private static bool IsGone(Exception? failure) => failure is IOException
        && (failure.InnerException is SocketException || failure.Message.Contains("EOF", StringComparison.Ordinal));
}
