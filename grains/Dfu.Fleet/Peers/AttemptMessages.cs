using System.Collections.Immutable;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Peers;

/// <summary>An attempt on an adapter. The number counts a device's grants, the epoch the adapter's openings.</summary>
public sealed record AttemptName
{
    public required BluetoothAddress Device { get; init; }
    public required int Attempt { get; init; }
    public required int Epoch { get; init; }
}

/// <summary>An attempt to begin, with everything stored about its device.</summary>
public sealed record AttemptOrder
{
    public required DeviceState Device { get; init; }
    public required CampaignPlace Place { get; init; }
    public DevicePassport Passport { get; init; } = new();
}

public sealed record AttemptStop
{
    public required AttemptName Attempt { get; init; }
    public required DfuError Reason { get; init; }
}

/// <summary>What an adapter says to an <see cref="AttemptOrder"/>.</summary>
public enum AttemptAnswer
{
    /// <summary>It is under way, from now on or already.</summary>
    Running = 0,

    /// <summary>It has ended; its end is reported (again).</summary>
    Ended = 1,

    /// <summary>It does not run here and never will: this adapter holds no link for it.</summary>
    Refused = 2,
}

/// <summary>What happened in an attempt since the last event that its device took; sent at least once a second.</summary>
public sealed record AttemptReport
{
    public required int Attempt { get; init; }
    public required ImmutableArray<DeviceEvent> Events { get; init; }

    /// <summary>All bytes of the device that this host knows of.</summary>
    public DeviceTraffic Traffic { get; init; }
}

/// <summary>A device's answer to an <see cref="AttemptReport"/>. Numbers are those of events within the attempt.</summary>
public sealed record ReportReceipt
{
    /// <summary>The attempt is over for the device, for good: the adapter stops it.</summary>
    public bool Over { get; init; }

    /// <summary>The attempt may go on for a lease. False while the device cannot say: storage is away, or something is decided.</summary>
    public bool Renews { get; init; }

    /// <summary>The last event that was taken: the next report begins after it.</summary>
    public int Taken { get; init; }

    /// <summary>The last one that is durable: those before need not be kept any more.</summary>
    public int Saved { get; init; }
}

/// <summary>How the first opening of an adapter went.</summary>
public sealed record AdapterOpening
{
    /// <summary>None when it is open.</summary>
    public DfuError Error { get; init; }
    public string Detail { get; init; } = "";
}
