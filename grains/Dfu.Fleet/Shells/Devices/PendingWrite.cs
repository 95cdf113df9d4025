using System.Collections.Immutable;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Turns;

namespace Dfu.Fleet.Shells.Devices;

/// <summary>One write of a device, from <see cref="DeviceShell.Take"/> until it is durable.</summary>
/// <param name="History">To be written before the record; null when the record keeps its news.</param>
/// <param name="Decided">Others want to know.</param>
/// <param name="Ended">The device has got its outcome.</param>
/// <param name="Effects">To be carried out when it is written.</param>
internal sealed record PendingWrite(
    DeviceRecord Record,
    DeviceHistory? History,
    bool Decided,
    bool Ended,
    ImmutableArray<DeviceEffect> Effects,
    HostMoment Began);
