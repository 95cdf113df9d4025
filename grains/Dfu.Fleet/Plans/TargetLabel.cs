using Dfu.Protocol.Links;

namespace Dfu.Fleet.Plans;

/// <summary>What people call a device; it goes with the device into every report. Each text has at most 64 characters and is empty for none.</summary>
public sealed record TargetLabel(BluetoothAddress Device)
{
    public const int Longest = 64;

    /// <summary>Serial number.</summary>
    public string Serial { get; init; } = "";

    /// <summary>Whatever helps to find it: a fixture, a rack, a colour.</summary>
    public string Label { get; init; } = "";

    /// <summary>Order number.</summary>
    public string Order { get; init; } = "";

    internal bool IsTooLong => Serial.Length > Longest || Label.Length > Longest || Order.Length > Longest;
}
