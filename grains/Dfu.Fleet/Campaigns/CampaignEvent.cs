using System.Text.Json.Serialization;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Plans;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Campaigns;

/// <summary>
/// What happened to a campaign. Those that adapters report are numbered, the others name the run they belong to: whatever comes late or twice is ignored.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(RunStarted), "runStarted")]
[JsonDerivedType(typeof(TakenUp), "takenUp")]
[JsonDerivedType(typeof(DeviceHeard), "deviceHeard")]
[JsonDerivedType(typeof(Listening), "listening")]
[JsonDerivedType(typeof(DeviceEnded), "deviceEnded")]
[JsonDerivedType(typeof(SameDevice), "sameDevice")]
[JsonDerivedType(typeof(TraitsLearned), "traitsLearned")]
[JsonDerivedType(typeof(ApplicationTold), "applicationTold")]
[JsonDerivedType(typeof(ProbeStarted), "probeStarted")]
[JsonDerivedType(typeof(ProbeEnded), "probeEnded")]
[JsonDerivedType(typeof(LinkEnded), "linkEnded")]
[JsonDerivedType(typeof(CancelRequested), "cancelRequested")]
[JsonDerivedType(typeof(Controlled), "controlled")]
[JsonDerivedType(typeof(AuditTaken), "auditTaken")]
[JsonDerivedType(typeof(Tick), "tick")]
public abstract record CampaignEvent
{
    private CampaignEvent()
    {
    }

    /// <summary>The adapter that reports it; null for what the campaign makes itself.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Source { get; init; }

    /// <summary>Grows with every event of its <see cref="Source"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Number { get; init; }

    /// <summary>The clock on the wall when it was taken; null where nobody needs it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? Wall { get; init; }

    public bool IsCheckpoint => this is Checkpoint;

    /// <summary>
    /// An event that may be applied before it is durable: losing it costs something learned at most. What effects it has still wait for the save.
    /// </summary>
    public abstract record Checkpoint : CampaignEvent;

    /// <summary>A process takes the campaign up, for the first time or again.</summary>
    /// <param name="Run">One more than the campaign's.</param>
    public sealed record RunStarted(int Run, DateTimeOffset At) : CampaignEvent;

    /// <summary>
    /// The operator asks for the campaign again: what failed is tried again, and one that is over and takes whatever it hears listens again.
    /// </summary>
    /// <param name="Run">One more than the campaign's.</param>
    public sealed record TakenUp(int Run, DateTimeOffset At) : CampaignEvent
    {
        /// <summary>For the audit.</summary>
        public string By { get; init; } = "";

        /// <summary>See <see cref="CampaignState.LastOrder"/>.</summary>
        public int Order { get; init; }

        /// <summary>What it may do from now on, and how it is carried out; null changes nothing.</summary>
        public CampaignLimits? Limits { get; init; }
        public CampaignPlan? Plan { get; init; }
    }

    /// <summary>A device that fits the targets was heard. <paramref name="Device"/> is its application address as far as that can be told.</summary>
    public sealed record DeviceHeard(int Run, BluetoothAddress Device, DateTimeOffset At) : CampaignEvent;

    /// <summary>An adapter is ready: the time for collecting runs from the first one on.</summary>
    public sealed record Listening(int Run, DateTimeOffset At) : CampaignEvent;

    /// <param name="Run">See <see cref="DeviceState.Run"/>: an outcome from before the device was asked for again does not count.</param>
    public sealed record DeviceEnded(BluetoothAddress Device, DeviceOutcome Outcome, DfuError Error, int Run) : CampaignEvent;

    /// <summary>Two targets are the two addresses of one device: it was given by its bootloader's, <paramref name="As"/>, too.</summary>
    public sealed record SameDevice(BluetoothAddress Device, BluetoothAddress As) : CampaignEvent;

    public sealed record TraitsLearned(BluetoothAddress Device, BootloaderTraits Traits) : Checkpoint;

    /// <summary>A device that was updated showed whether the application says what it is.</summary>
    public sealed record ApplicationTold(bool Tells) : Checkpoint;

    public sealed record ProbeStarted(BluetoothAddress Device, int Attempt) : CampaignEvent;

    public sealed record ProbeEnded(BluetoothAddress Device, int Attempt) : Checkpoint;

    public sealed record LinkEnded(TimeSpan Duration, bool Dropped) : Checkpoint;

    public sealed record CancelRequested(int Run) : CampaignEvent;

    /// <summary>An operator wants something; devices are named as the campaign names them.</summary>
    /// <param name="Change">One more than <see cref="CampaignState.Changes"/>.</param>
    public sealed record Controlled(int Change, CampaignControl Control, DateTimeOffset At) : CampaignEvent;

    /// <summary>The audit has the campaign's changes up to this one.</summary>
    public sealed record AuditTaken(int Through) : Checkpoint;

    /// <summary>Time passes: it is worked, and collecting may be over.</summary>
    public sealed record Tick(DateTimeOffset At) : Checkpoint
    {
        /// <summary>Under which names others than its devices were heard, for people; empty when nobody says.</summary>
        public string Bystanders { get; init; } = "";
    }
}

/// <summary>What must be done after a campaign's state was saved. Any of them may be carried out twice.</summary>
public abstract record CampaignEffect
{
    private CampaignEffect()
    {
    }

    public sealed record AddDevice(BluetoothAddress Device, DateTimeOffset At) : CampaignEffect;

    public sealed record CancelDevice(BluetoothAddress Device) : CampaignEffect;

    /// <summary>The device does not belong to the campaign any more.</summary>
    public sealed record LetGo(BluetoothAddress Device) : CampaignEffect;

    public sealed record KeepClass(ClassState Class) : CampaignEffect;

    public sealed record Announce(string Notice) : CampaignEffect;

    public sealed record Finished(CampaignOutcome Outcome) : CampaignEffect;
}
