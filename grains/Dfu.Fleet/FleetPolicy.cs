using Dfu.Adapters;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet;

/// <summary>How a campaign is run.</summary>
public sealed record FleetPolicy
{
    /// <summary>Transfers at once per adapter, 1 to 16; the adapter's own limit and what is learned may lower it. Default 3.</summary>
    public int MaxTransfersPerAdapter { get; init; } = 3;

    /// <summary>Transfers at once over all adapters; null is no limit.</summary>
    public int? MaxConcurrency { get; init; }

    /// <summary>A target nobody hears, or no adapter at all, for this long ends as failed. Default 120 s.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Attempts in a row without any new confirmed byte before a device fails. Default 5.</summary>
    public int MaxFruitlessAttempts { get; init; } = 5;

    /// <summary>Attempts at all before a device fails. Default 50.</summary>
    public int MaxAttempts { get; init; } = 50;

    /// <summary>Pause after the first attempt that confirmed nothing; it doubles with each further one. Default 1 s.</summary>
    public TimeSpan FirstBackoff { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest such pause. Default 30 s.</summary>
    public TimeSpan LongestBackoff { get; init; } = TimeSpan.FromSeconds(30);
    public LinkOptions Link { get; init; } = new();
    public TransferOptions Transfer { get; init; } = new();
}
