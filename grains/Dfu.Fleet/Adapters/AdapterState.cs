using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Dfu.Adapters;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Adapters;

/// <summary>A transfer that holds a slot.</summary>
public sealed record AdapterSlot(BluetoothAddress Device, int Attempt);

/// <summary>Everything decided and known about one adapter.</summary>
public sealed record AdapterState
{
    public const int CurrentVersion = 1;

    [JsonPropertyName("v"), JsonRequired, StoredVersion(nameof(AdapterState), CurrentVersion)]
    public int Version { get; init; } = CurrentVersion;

    public required string Id { get; init; }
    public string Name { get; init; } = "";
    public AdapterStatus Status { get; init; }
    public string Detail { get; init; } = "";

    /// <summary>Counts openings; events of an earlier one are ignored.</summary>
    public int Epoch { get; init; }

    public ImmutableArray<AdapterSlot> Slots { get; init; } = [];

    /// <summary>How often a slot was taken or freed.</summary>
    public int Turn { get; init; }

    /// <summary>Who connects now or was granted the next connect; null when a connect may begin.</summary>
    public AdapterSlot? Connecting { get; init; }

    /// <summary>Connects of this epoch that have begun, and that have ended.</summary>
    public int ConnectsBegun { get; init; }
    public int ConnectsEnded { get; init; }

    public TransferLimit Limit { get; init; } = new();

    /// <summary>Connects in a row that failed for a reason that may lie in the adapter, and the devices they were for.</summary>
    public int Errors { get; init; }
    public ImmutableArray<BluetoothAddress> ErrorDevices { get; init; } = [];

    /// <summary>Openings in a row that failed.</summary>
    public int FailedOpenings { get; init; }

    /// <summary>The next step of the ladder; null when the ladder is used up.</summary>
    public RecoveryStep? NextStep { get; init; } = RecoveryStep.Reopen;

    /// <summary>A step is being carried out.</summary>
    public RecoveryStep? StepUnderWay { get; init; }

    /// <summary>When to try again to open it; null when nothing is to be tried.</summary>
    public DateTimeOffset? RetryAt { get; init; }
    public DateTimeOffset? DrainUntil { get; init; }

    /// <summary>Whether its radio is open and hears devices.</summary>
    public bool Listens => Status is AdapterStatus.Ready or AdapterStatus.Draining;

    public int Free => Status == AdapterStatus.Ready ? Math.Max(0, Limit.Current - Slots.Length) : 0;
}
