using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Adapters;

/// <summary>What a self-test saw of an adapter, without a judgement.</summary>
/// <param name="Listened">How long it listened.</param>
/// <param name="Heard">Devices it heard meanwhile.</param>
/// <param name="HeardEarlier">It heard devices before, as far as this process knows.</param>
public sealed record SelfTestFindings(TimeSpan Listened, int Heard, bool HeardEarlier)
{
    /// <summary>The device to connect to; null where none is named.</summary>
    public BluetoothAddress? GoldenUnit { get; init; }

    /// <summary>From the connect request to discovered services; null when there was no link.</summary>
    public TimeSpan? ConnectTime { get; init; }

    /// <summary>Why the golden unit could not be connected to; None when that was not tried or went well.</summary>
    public DfuError Error { get; init; }
    public string Detail { get; init; } = "";
}

/// <summary>How an adapter's last self-test went.</summary>
/// <param name="At">By the clock on the wall.</param>
/// <param name="Passed">It may take part.</param>
/// <param name="Heard">Devices it heard.</param>
/// <param name="ConnectTime">From the connect request to the golden unit's services; null when there was no link.</param>
/// <param name="Detail">What was found, in words.</param>
public sealed record SelfTestReport(DateTimeOffset At, bool Passed, int Heard, TimeSpan? ConnectTime, string Detail);
