using System.Collections.Immutable;
using Dfu.Adapters;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Links;

namespace Dfu.Grains;

/// <summary>An adapter as it is, and what it heard since its last report. Clocks of hosts differ, so times travel as ages.</summary>
[GenerateSerializer, Immutable, Alias("dfu.adapter-report")]
public sealed record AdapterReport
{
    [Id(0)]
    public required AdapterState State { get; init; }

    /// <summary>Bytes per second and transfer it has lately delivered; 0 when not known.</summary>
    [Id(1)]
    public double Rate { get; init; }

    /// <summary>See <see cref="Fleet.Scheduling.AdapterStanding"/>.</summary>
    [Id(2)]
    public TimeSpan? ProtectedFor { get; init; }

    [Id(3)]
    public ImmutableArray<LiveTransfer> Transfers { get; init; } = [];

    /// <summary>The last advertisement of every address heard since the report before.</summary>
    [Id(4)]
    public ImmutableArray<HeardAdvertisement> Heard { get; init; } = [];

    /// <summary>The adapter went away: what it heard before no longer counts.</summary>
    [Id(5)]
    public bool Deaf { get; init; }

    /// <summary>The host it belongs to.</summary>
    [Id(6)]
    public string Host { get; init; } = "";

    /// <summary>How many transfers its host allows at once over all its adapters; null is no limit.</summary>
    [Id(7)]
    public int? HostMost { get; init; }
}

/// <param name="Age">How long ago it was heard when the report was sent.</param>
[GenerateSerializer, Immutable, Alias("dfu.heard-advertisement")]
public readonly record struct HeardAdvertisement([property: Id(0)] Advertisement Advertisement, [property: Id(1)] TimeSpan Age);

/// <summary>An attempt as its adapter sees it now.</summary>
[GenerateSerializer, Immutable, Alias("dfu.live-transfer")]
public sealed record LiveTransfer
{
    [Id(0)]
    public required string Campaign { get; init; }

    [Id(1)]
    public required BluetoothAddress Device { get; init; }

    [Id(2)]
    public required int Attempt { get; init; }

    [Id(3)]
    public DevicePhase Phase { get; init; }

    [Id(4)]
    public int Image { get; init; }

    /// <summary>Bytes of that image the device has confirmed.</summary>
    [Id(5)]
    public long Confirmed { get; init; }

    [Id(6)]
    public DeviceTraffic Traffic { get; init; }

    /// <summary>Bytes per second now.</summary>
    [Id(7)]
    public double Rate { get; init; }
}

/// <summary>A device that waits for a slot or backs off.</summary>
[GenerateSerializer, Immutable, Alias("dfu.slot-request")]
public sealed record SlotRequest
{
    [Id(0)]
    public required string Campaign { get; init; }

    [Id(1)]
    public required DeviceState Device { get; init; }

    /// <summary>The sender's clock when it was sent; the times in <see cref="Device"/> are of that clock.</summary>
    [Id(2)]
    public required DateTimeOffset At { get; init; }
}

/// <summary>What is known of the air around a waiting device; see <see cref="DeviceEvent.Waited"/>. Times as ages.</summary>
[GenerateSerializer, Immutable, Alias("dfu.air-report")]
public sealed record AirReport
{
    /// <summary>False until the scheduler has heard from the device's campaign; the rest means nothing then.</summary>
    [Id(0)]
    public bool Known { get; init; }

    [Id(1)]
    public TimeSpan? LastHeard { get; init; }

    [Id(2)]
    public bool AsApplication { get; init; }

    [Id(3)]
    public TimeSpan? Listening { get; init; }

    [Id(4)]
    public TimeSpan? Deaf { get; init; }

    [Id(5)]
    public bool HeardByOthers { get; init; }

    [Id(6)]
    public bool InBootloader { get; init; }
}

/// <summary>Adapters, the transfers of one campaign, and how well its devices are heard (dBm, best adapter).</summary>
[GenerateSerializer, Immutable, Alias("dfu.live-report")]
public sealed record LiveReport
{
    [Id(0)]
    public ImmutableArray<AdapterView> Adapters { get; init; } = [];

    [Id(1)]
    public ImmutableArray<LiveTransfer> Transfers { get; init; } = [];

    [Id(2)]
    public ImmutableDictionary<BluetoothAddress, int> Rssi { get; init; } = ImmutableDictionary<BluetoothAddress, int>.Empty;

    /// <summary>While the campaign collects its devices: under which names others were heard, for people; else empty.</summary>
    [Id(3)]
    public string Bystanders { get; init; } = "";
}
