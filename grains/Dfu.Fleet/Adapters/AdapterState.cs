using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Dfu.Adapters;
using Dfu.Fleet.Audit;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Adapters;

/// <summary>A transfer that holds a slot.</summary>
public sealed record AdapterSlot(BluetoothAddress Device, int Attempt);

/// <summary>A device that an adapter connected to.</summary>
public sealed record ServedDevice(BluetoothAddress Device, DateTimeOffset At);

/// <summary>Everything decided and known about one adapter.</summary>
public sealed record AdapterState
{
    public const int CurrentVersion = 1;

    /// <summary>An adapter that connected to a device this long ago still serves.</summary>
    private static readonly TimeSpan ServesFor = TimeSpan.FromMinutes(2);

    [JsonPropertyName("v"), JsonRequired, StoredVersion(nameof(AdapterState), CurrentVersion)]
    public int Version { get; init; } = CurrentVersion;

    public required string Id { get; init; }
    public string Name { get; init; } = "";
    public AdapterStatus Status { get; init; }
    public string Detail { get; init; } = "";

    /// <summary>Counts openings; events of an earlier one are ignored.</summary>
    public int Epoch { get; init; }

    public ImmutableArray<AdapterSlot> Slots { get; init; } = [];

    /// <summary>How often a slot was taken or freed, or an attempt ended.</summary>
    public int Turn { get; init; }

    /// <summary>Who connects now or was granted the next connect; null when a connect may begin.</summary>
    public AdapterSlot? Connecting { get; init; }

    /// <summary>Connects of this epoch that have begun, and that have ended.</summary>
    public int ConnectsBegun { get; init; }
    public int ConnectsEnded { get; init; }

    public TransferLimit Limit { get; init; } = new();

    /// <summary>Connects in a row that failed for a reason that may lie in the adapter, and the last attempt of each device they were for.</summary>
    public int Errors { get; init; }
    public ImmutableArray<AdapterSlot> FailedConnects { get; init; } = [];

    /// <summary>Attempts that failed to connect here, in this epoch, and whose devices other adapters have connected to since; the newest.</summary>
    public ImmutableArray<AdapterSlot> Elsewhere { get; init; } = [];

    /// <summary>The last two devices it connected to.</summary>
    public ImmutableArray<ServedDevice> Served { get; init; } = [];

    /// <summary>Openings in a row that failed.</summary>
    public int FailedOpenings { get; init; }

    /// <summary>The next step of the ladder; null when the ladder is used up.</summary>
    public RecoveryStep? NextStep { get; init; } = RecoveryStep.Reopen;

    /// <summary>A step is being carried out.</summary>
    public RecoveryStep? StepUnderWay { get; init; }

    /// <summary>When to try again to open it; null when nothing is to be tried.</summary>
    public DateTimeOffset? RetryAt { get; init; }
    public DateTimeOffset? DrainUntil { get; init; }

    /// <summary>Times in a row that it was open after its ladder was used up, and was no good.</summary>
    public int FailedReturns { get; init; }

    public LadderSteps Steps { get; init; }

    /// <summary>Who drained it; null when nobody did. It begins no transfer until somebody resumes it.</summary>
    public string? HeldBy { get; init; }

    /// <summary>Who wants it reset; null when nobody does or that was done.</summary>
    public string? ResetBy { get; init; }

    /// <summary>What the last reset came to; empty when there was none.</summary>
    public string LastReset { get; init; } = "";

    /// <summary>Operators' controls that changed something.</summary>
    public int Controls { get; init; }

    /// <summary>Controls that the audit has not taken yet.</summary>
    public ImmutableArray<AuditEntry> Untold { get; init; } = [];

    /// <summary>It is tested before it takes part again.</summary>
    public bool TestDue { get; init; }

    /// <summary>Self-tests that have begun.</summary>
    public int Tests { get; init; }

    /// <summary>When the one under way counts as failed.</summary>
    public DateTimeOffset? TestUntil { get; init; }

    /// <summary>How the last one went; null when there was none.</summary>
    public SelfTestReport? SelfTest { get; init; }

    public RecentWork Recent { get; init; } = new();

    /// <summary>Whether its radio is open and hears devices.</summary>
    public bool Listens => Status is AdapterStatus.Ready or AdapterStatus.Draining or AdapterStatus.Testing;

    public int Free => Status == AdapterStatus.Ready && HeldBy is null ? Math.Max(0, Limit.Current - Slots.Length) : 0;

    /// <summary>Whether it connected to another device than this one lately.</summary>
    public bool ServesOthers(BluetoothAddress device, DateTimeOffset now) => Served.Any(served => served.Device != device && now - served.At <= ServesFor);
}
