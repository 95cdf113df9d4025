using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Release;

/// <summary>What became of a device that was to go back to its application.</summary>
/// <param name="Address">As it was given.</param>
/// <param name="Error">None when its application runs.</param>
/// <param name="Detail">What was seen, one line.</param>
public sealed record ReleasedDevice(BluetoothAddress Address, DfuError Error, string Detail)
{
    /// <summary>The address of its application and that of its bootloader; null when it was not heard.</summary>
    public BluetoothAddress? Application { get; init; }
    public BluetoothAddress? Bootloader { get; init; }
}
