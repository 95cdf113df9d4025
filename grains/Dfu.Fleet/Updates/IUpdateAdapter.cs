using Dfu.Adapters;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Updates;

/// <summary>The part of an adapter one update attempt may use while it holds a slot there.</summary>
public interface IUpdateAdapter
{
    /// <summary>The next advertisement this adapter hears, from now on, that satisfies the predicate; null when none came in time.</summary>
    Task<Advertisement?> HearAsync(Func<Advertisement, bool> wanted, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>Connects when it is this attempt's turn; the adapter connects to one device at a time.</summary>
    Task<IDfuLink> ConnectAsync(BluetoothAddress address, AddressType addressType, CancellationToken cancellationToken);
}
