using Dfu.Adapters;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Packages;
using Dfu.Fleet.Peers;
using Microsoft.Extensions.Logging;

namespace Dfu.Fleet.Shells.Adapters;

/// <summary>What an adapter's loop works with.</summary>
internal sealed record AdapterParts
{
    public required string Id { get; init; }
    public required IAdapterSource Source { get; init; }
    public required FleetHost Host { get; init; }
    public required AdapterGuard Guard { get; init; }
    public required PackageShelf Packages { get; init; }
    public required IPeers Peers { get; init; }
    public required ILogger Log { get; init; }

    /// <summary>For lines about single attempts.</summary>
    public required ILogger Updates { get; init; }
    public required EndedAttempts Ended { get; init; }

    /// <summary>The state as it was last known here, to be shown until it is read again.</summary>
    public required AdapterState Known { get; init; }

    /// <summary>Reads what is stored now.</summary>
    public required Func<Task<AdapterState>> Load { get; init; }

    /// <summary>Durable when it returns.</summary>
    public required Func<AdapterState, Task> Save { get; init; }
}
