using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Dfu.Fleet.Audit;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Plans;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Campaigns;

public enum CampaignStage
{
    /// <summary>Devices are still being added as they are heard.</summary>
    Collecting = 0,
    Running,
    Finished,
}

/// <summary>What is known of a class of bootloaders; outlives campaigns.</summary>
public sealed record ClassState
{
    public const int CurrentVersion = 1;

    [JsonPropertyName("v"), JsonRequired, StoredVersion(nameof(ClassState), CurrentVersion)]
    public int Version { get; init; } = CurrentVersion;

    /// <summary>See <see cref="ClassKey"/>.</summary>
    public required string Key { get; init; }
    public required uint HwVersion { get; init; }
    public required BootloaderTraits Traits { get; init; }
}

/// <summary>A device's result within its campaign.</summary>
public sealed record DeviceResult(DeviceOutcome Outcome, DfuError Error)
{
    internal static readonly DeviceResult Cancelled = new(DeviceOutcome.Cancelled, DfuError.Cancelled);
}

/// <summary>An attempt that was to drop its link on purpose for its class.</summary>
public sealed record Probe(BluetoothAddress Device, int Attempt);

/// <summary>Everything decided and known about a campaign, its devices' own states excepted.</summary>
public sealed record CampaignState
{
    public const int CurrentVersion = 1;

    /// <summary>More than the directory knows again.</summary>
    private const int MostMissed = 32;

    [JsonPropertyName("v"), JsonRequired, StoredVersion(nameof(CampaignState), CurrentVersion)]
    public int Version { get; init; } = CurrentVersion;

    public required string Id { get; init; }
    public required string PackageId { get; init; }

    /// <summary>The one part of the package it sends; null for all of it.</summary>
    public ImageType? Only { get; init; }

    /// <summary>What the operator asked for, in a form that is equal for equal requests.</summary>
    public required string Targets { get; init; }
    public CampaignStage Stage { get; init; }

    /// <summary>It never began, and nobody was told of it: what is stored keeps an order that comes late from beginning it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Abandoned { get; init; }
    public CampaignOutcome Outcome { get; init; }

    /// <summary>This and <see cref="EndedAt"/> are of the clock on the wall; null while it is not over.</summary>
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Who asked for it, for the audit.</summary>
    public string By { get; init; } = "";

    /// <summary>The last order that began it or went on with it, see <see cref="DirectoryEntry.Orders"/>; 0 before orders were counted.</summary>
    public int LastOrder { get; init; }

    /// <summary>Orders before <see cref="LastOrder"/> that never came, the last <see cref="MostMissed"/>.</summary>
    public ImmutableArray<int> MissedOrders { get; init; } = [];

    /// <summary>How often a process took it up, or somebody asked for it or for devices of it again.</summary>
    public int Run { get; init; }

    /// <summary>When this process took it up, its operator asked again or a hold ended, in a clock that never steps.</summary>
    public DateTimeOffset RunStartedAt { get; init; }

    /// <summary>Set while targets are collected: all devices, or those with a matching name.</summary>
    public bool All { get; init; }
    public string? NameGlob { get; init; }
    public int? Count { get; init; }

    /// <summary>See <see cref="TargetSelection.Feed"/>: it is collecting for as long as it goes on.</summary>
    public bool Feed { get; init; }
    public TimeSpan ScanTime { get; init; }
    public DateTimeOffset? CollectingSince { get; init; }
    public DateTimeOffset? LastFound { get; init; }

    public CampaignLimits Limits { get; init; } = new();

    public CampaignPlan Plan { get; init; } = new();

    public required ImmutableArray<long> ImageSizes { get; init; }
    public required uint HwVersion { get; init; }

    public ImmutableArray<BluetoothAddress> Devices { get; init; } = [];

    /// <summary>Targets that turned out to be the other address of another device.</summary>
    public ImmutableArray<BluetoothAddress> Gone { get; init; } = [];
    public ImmutableDictionary<BluetoothAddress, DeviceResult> Results { get; init; } = ImmutableDictionary<BluetoothAddress, DeviceResult>.Empty;

    /// <summary>Somebody cancelled it.</summary>
    public bool CancelRequested { get; init; }

    /// <summary>What waits is cancelled and what is under way is finished: somebody wants it so, its end has come, or it has enough.</summary>
    public bool Closing { get; init; }

    /// <summary>Why no further device, or none of the next group, begins; see <see cref="HoldReason"/>.</summary>
    public ImmutableArray<CampaignHold> Holds { get; init; } = [];

    /// <summary>What is under way is broken off for as long as it is paused.</summary>
    public bool PauseCuts { get; init; }

    /// <summary>Somebody resumed it after its last hold.</summary>
    public bool Resumed { get; init; }

    /// <summary>When the schedule last opened or closed it, or this process took it up, in a clock that never steps; null for neither.</summary>
    public DateTimeOffset? ScheduleSince { get; init; }

    /// <summary>The end of each group that is open, counted in <see cref="Devices"/>; groups stay open.</summary>
    public ImmutableArray<int> OpenEnds { get; init; } = [];

    /// <summary>The last group, from 0, that somebody approved or that is open without it.</summary>
    public int Approved { get; init; }

    /// <summary>Failed devices that count no more among those that are too many.</summary>
    public ImmutableHashSet<BluetoothAddress> Forgiven { get; init; } = [];

    /// <summary>Devices that begin anew, whatever became of them, and have not been updated since: that they were before counts no more.</summary>
    public ImmutableHashSet<BluetoothAddress> Restarting { get; init; } = [];

    /// <summary>How many changes there were for the audit, and the last of them: those that it has not taken.</summary>
    public int Changes { get; init; }
    public ImmutableArray<AuditEntry> News { get; init; } = [];

    /// <summary>
    /// Devices that were asked for again and have not ended since, and the run in which they were. A device keeps the run it was told, which tells
    /// its outcomes from before and after apart.
    /// </summary>
    [JsonPropertyName("askedAgain")]
    public ImmutableDictionary<BluetoothAddress, int> Retrying { get; init; } = ImmutableDictionary<BluetoothAddress, int>.Empty;

    /// <summary>The last event that was heard of each adapter; see <see cref="CampaignEvent.Number"/>.</summary>
    [JsonPropertyName("heardOf")]
    public ImmutableDictionary<string, long> Heard { get; init; } = ImmutableDictionary<string, long>.Empty;

    /// <summary>Campaigns that had devices of this one before.</summary>
    public ImmutableHashSet<string> Overtook { get; init; } = [];

    /// <summary>W3C trace context of the campaign, so that every attempt on every host belongs to one trace; null when nobody traces.</summary>
    public string? TraceParent { get; init; }

    public ImmutableDictionary<string, ClassState> Classes { get; init; } = ImmutableDictionary<string, ClassState>.Empty;

    /// <summary>The attempt that drops its link on purpose for its class; null when none does.</summary>
    [JsonPropertyName("probe")]
    public Probe? Prober { get; init; }

    /// <summary>All there were.</summary>
    [JsonPropertyName("probed")]
    public ImmutableArray<Probe> Probes { get; init; } = [];

    /// <summary>Link time over all devices, in seconds, and how often a link dropped in it.</summary>
    public double LinkSeconds { get; init; }
    public int Drops { get; init; }

    /// <summary>Whether the application that it sends says what it is (0x2A26); null while no device has shown.</summary>
    public bool? ApplicationTells { get; init; }

    /// <summary>Seconds worked on over all runs, and before this one.</summary>
    public double Seconds { get; init; }
    public double EarlierSeconds { get; init; }
    public ImmutableArray<string> Notices { get; init; } = [];

    /// <summary>Classes a notice was given for.</summary>
    public ImmutableArray<string> NoticedClasses { get; init; } = [];

    /// <summary>Whether the order is one that is not to be carried out again.</summary>
    public bool IsCarriedOut(int order) => order <= LastOrder && !MissedOrders.Contains(order);

    /// <summary>The same with one more order that is carried out.</summary>
    public CampaignState Remember(int order) => order > LastOrder
        ? this with { LastOrder = order, MissedOrders = [.. MissedOrders.Concat(Enumerable.Range(LastOrder + 1, order - LastOrder - 1)).TakeLast(MostMissed)] }
        : this with { MissedOrders = MissedOrders.Remove(order) };

    /// <summary>A campaign that begins.</summary>
    /// <param name="now">When a process takes it up.</param>
    public static CampaignState New(DirectoryEntry entry, TargetSelection targets, ImmutableArray<long> imageSizes, uint hwVersion, DateTimeOffset now)
    {
        var devices = targets.Addresses.IsDefaultOrEmpty ? [] : targets.Addresses.Distinct().ToImmutableArray();
        return new()
        {
            Id = entry.Campaign,
            PackageId = entry.PackageId,
            Only = entry.Only,
            Targets = entry.Targets,
            Stage = devices.IsEmpty ? CampaignStage.Collecting : CampaignStage.Running,
            CreatedAt = entry.CreatedAt,
            RunStartedAt = now,
            All = targets.All,
            NameGlob = targets.NameGlob,
            Count = devices.IsEmpty ? targets.Count : null,
            Feed = devices.IsEmpty && targets.Feed,
            ScanTime = targets.ScanTime,
            ImageSizes = imageSizes,
            HwVersion = hwVersion,
            Devices = devices,
        };
    }

    /// <summary>See <see cref="Abandoned"/>.</summary>
    public static CampaignState NeverBegan(string id) => new()
    {
        Id = id,
        PackageId = "",
        Targets = "",
        ImageSizes = [],
        HwVersion = 0,
        Stage = CampaignStage.Finished,
        Abandoned = true,
    };

    /// <summary>Whether the operator may ask again for a device that ended so.</summary>
    public static bool MayTryAgain(DeviceOutcome outcome) => outcome is DeviceOutcome.Failed or DeviceOutcome.Cancelled;

    /// <summary>What is known of classes elsewhere counts more than what this campaign remembers.</summary>
    public CampaignState Knowing(ImmutableArray<ClassState> classes) =>
        this with { Classes = classes.Aggregate(Classes, static (known, entry) => known.SetItem(entry.Key, entry)) };

    /// <summary>Every device is updated and none may join: asking for the campaign again changes nothing.</summary>
    public bool IsSettled => this is { Stage: CampaignStage.Finished, Outcome: CampaignOutcome.Succeeded, MayGrow: false };

    /// <summary>Its targets were collected from the air, so its devices are named by their application addresses.</summary>
    public bool NamedByApplication => All || NameGlob is not null;

    /// <summary>It takes whatever it hears, or has not found as many as it was to wait for: devices may still join.</summary>
    public bool MayGrow => NamedByApplication && !((Feed ? Good : Devices.Length) >= Count);

    /// <summary>Devices that run what it sends.</summary>
    public int Good => Results.Values.Count(static result => result.Outcome.IsGood());

    /// <summary>Devices may still join it now.</summary>
    public bool MayCome => Stage == CampaignStage.Collecting;

    /// <summary>No device may begin, whatever its group.</summary>
    public bool IsHeld => Holds.Any(static hold => hold.Reason is not (HoldReason.Approval or HoldReason.TooFewUpdated));

    /// <summary>It is being cancelled, or closed.</summary>
    public bool IsClosing => CancelRequested || Closing;

    /// <summary>A feed none of whose units is left to be updated.</summary>
    public bool IsIdle => Feed && Stage == CampaignStage.Collecting && Results.Count == Devices.Length;

    public TimeSpan? MeanTimeBetweenDrops => Drops == 0 ? null : TimeSpan.FromSeconds(LinkSeconds / Drops);
}
