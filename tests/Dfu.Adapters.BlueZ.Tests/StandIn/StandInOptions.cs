namespace Dfu.Adapters.BlueZ.Tests.StandIn;

/// <summary>
/// How a stand-in behaves where versions and configurations of BlueZ differ. The defaults are BlueZ 5.66 as Debian has it, with a shorter Disconnect.
/// </summary>
internal sealed record StandInOptions
{
    /// <summary>What a Disconnect takes; BlueZ waits 2 s.</summary>
    public TimeSpan DisconnectDelay { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>After this time a Connect to a silent device fails.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Devices that were never connected go away when they were not heard for this long. Zero for never.</summary>
    public TimeSpan TemporaryTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>From a connected link to resolved services. BlueZ 5.66 answers Connect before it resolves them.</summary>
    public TimeSpan DiscoveryTime { get; init; }

    /// <summary>
    /// How many packets at the end of the queue a write request gets ahead of: what lay in the socket when the request was read from the bus.
    /// </summary>
    public int RequestsOvertake { get; init; }

    /// <summary>Services stay, dead, while their device is disconnected.</summary>
    public bool KeepsServices { get; init; }

    /// <summary>Tells why a Connect failed, as newer versions do; 5.66 always says le-connection-abort-by-local.</summary>
    public bool TellsConnectErrors { get; init; }

    /// <summary>Whether a connect changes Connected with a word: a bluetoothd that is busy sees the link's socket first, and then never tells.</summary>
    public bool TellsConnected { get; init; } = true;

    /// <summary>Runs with --experimental: adapters have ConnectDevice.</summary>
    public bool Experimental { get; init; }
}
