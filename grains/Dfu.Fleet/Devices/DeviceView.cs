using System.Collections.Immutable;
using Dfu.Fleet.Plans;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Devices;

/// <summary>One device as operators and reports see it. Bytes are firmware bytes over all runs of the campaign, init packets excluded.</summary>
public sealed record DeviceView
{
    public required BluetoothAddress Application { get; init; }

    /// <summary>Null until the device was heard.</summary>
    public BluetoothAddress? Bootloader { get; init; }
    public DevicePhase Phase { get; init; }
    public DeviceOutcome Outcome { get; init; }
    public DfuError Error { get; init; }

    /// <summary>What happened last time, one line; empty when there is nothing to say.</summary>
    public string Detail { get; init; } = "";

    /// <summary>Parts of the package that were not sent because the device probably has them, one line; empty when there are none.</summary>
    public string Passed { get; init; } = "";
    public int Attempts { get; init; }
    public long BytesTotal { get; init; }

    /// <summary>Bytes the device is known to hold, over all images.</summary>
    public long BytesConfirmed { get; init; }
    public long BytesSent { get; init; }
    public long BytesResent { get; init; }

    /// <summary>The last of them, see <see cref="DeviceState.Resumes"/>.</summary>
    public ImmutableArray<ResumeRecord> Resumes { get; init; } = [];
    public ResumeTotals ResumeTotals { get; init; }

    /// <summary>The adapter that works on it, or the last that did.</summary>
    public string? Adapter { get; init; }

    /// <summary>Bytes per second over the last seconds; 0 when not sending.</summary>
    public double Rate { get; init; }

    /// <summary>Signal strength at the adapter that heard it best, null when not heard lately.</summary>
    public int? Rssi { get; init; }

    /// <summary>What people call it; null when nobody said.</summary>
    public TargetLabel? Label { get; init; }

    /// <summary>When its first attempt began and when it had its outcome, by the clock on the wall; null before.</summary>
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }

    public FinishReport Finish { get; init; } = new(FinishCheck.None);
    public TimeSpent Time { get; init; } = new();

    /// <summary>What this campaign cost its flash.</summary>
    public DeviceWear Wear { get; init; }

    /// <summary>What all campaigns cost it that are known, this one included.</summary>
    public DeviceWear LifetimeWear { get; init; }

    /// <summary>The one thing to change about it, one sentence; empty when nothing stands out, and before it is done.</summary>
    public string Advice { get; init; } = "";

    /// <summary>From the first attempt to the outcome, or to now.</summary>
    public double Seconds { get; init; }
}
