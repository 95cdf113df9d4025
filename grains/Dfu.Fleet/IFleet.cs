using System.Collections.Immutable;
using Dfu.Adapters;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet;

/// <summary>Which devices a campaign is for. Exactly one of the three is given.</summary>
public sealed record TargetSelection
{
    /// <summary>Application or bootloader addresses, either is accepted.</summary>
    public ImmutableArray<BluetoothAddress> Addresses { get; init; } = [];

    /// <summary>Every device heard while targets are collected.</summary>
    public bool All { get; init; }

    /// <summary>Every device heard while targets are collected whose advertised name matches; <c>*</c> and <c>?</c> as in a shell.</summary>
    public string? NameGlob { get; init; }

    /// <summary>For <see cref="All"/> and <see cref="NameGlob"/>: how long to listen. 1 s to 10 min, default 10 s.</summary>
    public TimeSpan ScanTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>For <see cref="All"/> and <see cref="NameGlob"/>: wait for this many instead of <see cref="ScanTime"/>.</summary>
    public int? Count { get; init; }
}

/// <summary>What an operator asks for: a package for some devices. The same request on the same store goes on where it was.</summary>
public sealed record CampaignRequest
{
    public required DfuPackage Package { get; init; }
    public required TargetSelection Targets { get; init; }

    /// <summary>The zip file <see cref="Package"/> was read from, stored before the campaign exists; empty stores nothing.</summary>
    public ReadOnlyMemory<byte> PackageFile { get; init; }

    /// <summary>Forget what the store knows of an earlier campaign and begin anew.</summary>
    public bool Restart { get; init; }
}

public enum DevicePhase
{
    /// <summary>Waits for an adapter that hears it and has room.</summary>
    Queued = 0,
    Connecting,
    Jumping,
    Reconciling,
    SendingInit,
    Sending,
    Saving,
    Activating,
    Verifying,

    /// <summary>Waits a while after a failed attempt.</summary>
    BackingOff,
    Done,
}

public enum DeviceOutcome
{
    Pending = 0,
    Updated,
    Failed,
    Cancelled,
}

public enum CampaignOutcome
{
    Running = 0,
    Succeeded,
    Failed,
    Interrupted,
}

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
    public int Attempts { get; init; }
    public long BytesTotal { get; init; }

    /// <summary>Bytes the device is known to hold, over all images.</summary>
    public long BytesConfirmed { get; init; }
    public long BytesSent { get; init; }
    public long BytesResent { get; init; }
    public ImmutableArray<ResumeRecord> Resumes { get; init; } = [];

    /// <summary>The adapter that works on it, or the last that did.</summary>
    public string? Adapter { get; init; }

    /// <summary>Bytes per second over the last seconds; 0 when not sending.</summary>
    public double Rate { get; init; }

    /// <summary>Signal strength at the adapter that heard it best, null when not heard lately.</summary>
    public int? Rssi { get; init; }

    /// <summary>From the first attempt to the outcome, or to now.</summary>
    public double Seconds { get; init; }
}

public enum AdapterStatus
{
    Opening = 0,
    Ready,
    Draining,
    Recovering,
    Quarantined,
}

public sealed record AdapterView
{
    public required string Id { get; init; }
    public string Name { get; init; } = "";
    public AdapterStatus Status { get; init; }

    /// <summary>Transfers under way and the limit in force.</summary>
    public int Active { get; init; }
    public int Limit { get; init; }
    public double Rate { get; init; }

    /// <summary>Why it is not ready; empty when it is.</summary>
    public string Detail { get; init; } = "";
}

/// <summary>A campaign at one moment; immutable, safe to read from any thread.</summary>
public sealed record CampaignView
{
    public required string Id { get; init; }
    public required string PackageId { get; init; }
    public CampaignOutcome Outcome { get; init; }

    /// <summary>True when an earlier run of the same campaign is being continued.</summary>
    public bool GoesOn { get; init; }

    /// <summary>True while targets are still being collected.</summary>
    public bool Collecting { get; init; }
    public ImmutableArray<DeviceView> Devices { get; init; } = [];
    public ImmutableArray<AdapterView> Adapters { get; init; } = [];

    /// <summary>Things an operator should know once, such as that a class of bootloaders saves nothing by itself; oldest first.</summary>
    public ImmutableArray<string> Notices { get; init; } = [];

    /// <summary>Seconds this campaign has been worked on, over all runs.</summary>
    public double Seconds { get; init; }
}

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

/// <summary>The orchestrator as its callers see it; one implementation per engine.</summary>
public interface IFleet
{
    /// <summary>Creates the campaign, or goes on with the one the store holds for the same package and targets.</summary>
    /// <exception cref="DfuException">CampaignConflict when the store holds another unfinished one.</exception>
    Task<CampaignView> StartAsync(CampaignRequest request, CancellationToken cancellationToken);

    /// <summary>The latest view; cheap, callable from any thread.</summary>
    CampaignView Snapshot();

    /// <summary>Returns when every device of the campaign has an outcome.</summary>
    Task<CampaignView> WaitAsync(CancellationToken cancellationToken);
}
