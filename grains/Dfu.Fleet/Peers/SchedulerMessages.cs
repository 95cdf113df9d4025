using System.Collections.Immutable;
using Dfu.Adapters;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Peers;

/// <summary>An adapter as it is, and what it heard since its last report. Clocks of hosts differ, so times travel as ages.</summary>
public sealed record AdapterReport
{
    public required AdapterState State { get; init; }

    /// <summary>Bytes per second and transfer it has lately delivered; 0 when not known.</summary>
    public double Rate { get; init; }

    /// <summary>See <see cref="Fleet.Scheduling.AdapterStanding"/>.</summary>
    public TimeSpan? ProtectedFor { get; init; }
    public ImmutableArray<LiveTransfer> Transfers { get; init; } = [];

    /// <summary>The last advertisement of every address heard since the report before.</summary>
    public ImmutableArray<HeardAdvertisement> Heard { get; init; } = [];

    /// <summary>The adapter went away: what it heard before no longer counts.</summary>
    public bool Deaf { get; init; }

    /// <summary>The host it belongs to.</summary>
    public string Host { get; init; } = "";

    /// <summary>How many transfers its host allows at once over all its adapters; null is no limit.</summary>
    public int? HostMost { get; init; }
}

/// <param name="Age">How long ago it was heard when the report was sent.</param>
public readonly record struct HeardAdvertisement(Advertisement Advertisement, TimeSpan Age);

/// <summary>An attempt as its adapter sees it now.</summary>
public sealed record LiveTransfer
{
    public required string Campaign { get; init; }
    public required BluetoothAddress Device { get; init; }
    public required int Attempt { get; init; }
    public DevicePhase Phase { get; init; }
    public int Image { get; init; }

    /// <summary>Bytes of that image the device has confirmed.</summary>
    public long Confirmed { get; init; }
    public DeviceTraffic Traffic { get; init; }

    /// <summary>Bytes per second now.</summary>
    public double Rate { get; init; }
}

/// <summary>A device that waits for a slot or backs off.</summary>
public sealed record SlotRequest
{
    public required string Campaign { get; init; }
    public required DeviceState Device { get; init; }

    /// <summary>The sender's clock when it was sent; the times in <see cref="Device"/> are of that clock.</summary>
    public required DateTimeOffset At { get; init; }
}

/// <summary>What is known of the air around a waiting device; see <see cref="DeviceEvent.Waited"/>. Times as ages.</summary>
public sealed record AirReport
{
    /// <summary>False until the scheduler has heard from the device's campaign; the rest means nothing then.</summary>
    public bool Known { get; init; }
    public TimeSpan? LastHeard { get; init; }
    public bool AsApplication { get; init; }
    public TimeSpan? Listening { get; init; }
    public TimeSpan? Deaf { get; init; }
    public bool HeardByOthers { get; init; }
    public bool InBootloader { get; init; }

    /// <summary>An attempt that the device has accepted, and so stored; 0 while none is known. Who asks with an earlier one is not up to date.</summary>
    public int Accepted { get; init; }
}

/// <summary>Adapters, the transfers of one campaign, and how well its devices are heard (dBm, best adapter).</summary>
public sealed record LiveReport
{
    public ImmutableArray<AdapterView> Adapters { get; init; } = [];
    public ImmutableArray<LiveTransfer> Transfers { get; init; } = [];
    public ImmutableDictionary<BluetoothAddress, int> Rssi { get; init; } = ImmutableDictionary<BluetoothAddress, int>.Empty;

    /// <summary>While the campaign collects its devices: under which names others were heard, for people; else empty.</summary>
    public string Bystanders { get; init; } = "";
}
