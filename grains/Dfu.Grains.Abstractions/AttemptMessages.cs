using Dfu.Fleet.Devices;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Grains;

/// <summary>An attempt on an adapter. The number counts a device's grants, the epoch the adapter's openings.</summary>
[GenerateSerializer, Immutable, Alias("dfu.attempt-name")]
public sealed record AttemptName
{
    [Id(0)]
    public required BluetoothAddress Device { get; init; }

    [Id(1)]
    public required int Attempt { get; init; }

    [Id(2)]
    public required int Epoch { get; init; }
}

/// <summary>An attempt to begin, with everything stored about its device.</summary>
[GenerateSerializer, Immutable, Alias("dfu.attempt-order")]
public sealed record AttemptOrder
{
    [Id(0)]
    public required DeviceState Device { get; init; }

    [Id(1)]
    public required CampaignPlace Place { get; init; }

    [Id(2)]
    public DevicePassport Passport { get; init; } = new();
}

[GenerateSerializer, Immutable, Alias("dfu.attempt-stop")]
public sealed record AttemptStop
{
    [Id(0)]
    public required AttemptName Attempt { get; init; }

    [Id(1)]
    public required DfuError Reason { get; init; }
}

/// <summary>What an adapter says to an <see cref="AttemptOrder"/>.</summary>
[GenerateSerializer, Alias("dfu.attempt-answer")]
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
[GenerateSerializer, Immutable, Alias("dfu.attempt-report")]
public sealed record AttemptReport
{
    [Id(0)]
    public required int Attempt { get; init; }

    [Id(1)]
    public required DeviceEvents Events { get; init; }

    /// <summary>All bytes of the device that this host knows of.</summary>
    [Id(2)]
    public DeviceTraffic Traffic { get; init; }
}

/// <summary>A device's answer to an <see cref="AttemptReport"/>. Numbers are those of events within the attempt.</summary>
[GenerateSerializer, Immutable, Alias("dfu.report-receipt")]
public sealed record ReportReceipt
{
    /// <summary>The attempt is over for the device, for good: the adapter stops it.</summary>
    [Id(0)]
    public bool Over { get; init; }

    /// <summary>The attempt may go on for a lease. False while the device's grain cannot say: storage is away, or something is decided.</summary>
    [Id(1)]
    public bool Renews { get; init; }

    /// <summary>The last event that was taken: the next report begins after it.</summary>
    [Id(2)]
    public int Taken { get; init; }

    /// <summary>The last one that is durable: those before need not be kept any more.</summary>
    [Id(3)]
    public int Saved { get; init; }
}

/// <summary>How the first opening of an adapter went.</summary>
[GenerateSerializer, Immutable, Alias("dfu.opening")]
public sealed record Opening
{
    /// <summary>None when it is open.</summary>
    [Id(0)]
    public DfuError Error { get; init; }

    [Id(1)]
    public string Detail { get; init; } = "";
}
