using System.Net;
using System.Net.Sockets;

namespace Dfu.Server.Security;

/// <summary>
/// Slows down who gives wrong keys: ten at once, then one in six seconds from an address. A right key is always taken, whatever else comes from its
/// address: behind one address may be a whole shop floor, of which one script has a key that has expired. The limit is there for the log and the
/// processor; keys of 256 bits cannot be guessed at any rate.
/// </summary>
internal sealed class FailedKeys(TimeProvider time)
{
    public const int AtOnce = 10;
    public const int MostAddresses = 4096;
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(6);

    /// <summary>When an address is as if nothing had come from it. Addresses for which there is no room share one entry.</summary>
    private readonly Dictionary<IPAddress, DateTimeOffset> _clear = [];

    private readonly Lock _lock = new();

    public int Addresses => _clear.Count;

    /// <summary>Counts a wrong key.</summary>
    /// <returns>Null when it may be answered; else how long nothing of this address will be.</returns>
    public TimeSpan? Count(IPAddress? from)
    {
        var address = Network(from ?? IPAddress.None);
        var now = time.GetUtcNow();
        lock (_lock)
        {
            if (!_clear.ContainsKey(address) && _clear.Count >= MostAddresses)
            {
                foreach (var (old, _) in _clear.Where(pair => pair.Value <= now).ToList()) _clear.Remove(old);
                if (_clear.Count >= MostAddresses) address = IPAddress.None;
            }

            var clear = _clear.TryGetValue(address, out var known) && known > now ? known : now;
            var wait = clear - now - ((AtOnce - 1) * Every);
            if (wait > TimeSpan.Zero) return wait;
            _clear[address] = clear + Every;
            return null;
        }
    }

    /// <summary>Of IPv6 a customer has a /64 at least.</summary>
    private static IPAddress Network(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return address;
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[8..].Clear();
        return new(bytes);
    }
}
