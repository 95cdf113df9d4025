using System.Collections.Immutable;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Access;

/// <summary>A device over all its campaigns.</summary>
public sealed record FleetDevice
{
    /// <summary>The address by which campaigns name it.</summary>
    public required BluetoothAddress Name { get; init; }

    /// <summary>As it stands in the campaign it is, or was last, part of; null when that is deleted.</summary>
    public DeviceState? State { get; init; }

    /// <summary>Null when nothing is known of it beyond that campaign.</summary>
    public DevicePassport? Passport { get; init; }

    /// <summary>Its last decisions and outcomes, oldest first, at most 200.</summary>
    public ImmutableArray<HistoryEntry> History { get; init; } = [];

    /// <summary>Whether an address that is not its name is known to be one of its two.</summary>
    public bool Has(BluetoothAddress address) => State is not null && (State.Application == address || State.Bootloader == address);
}
