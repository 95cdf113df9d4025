using System.Text.Json.Serialization;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Campaigns;

/// <summary>What happened to a campaign. All of them may come twice.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(RunStarted), "runStarted")]
[JsonDerivedType(typeof(CollectAgain), "collectAgain")]
[JsonDerivedType(typeof(DeviceHeard), "deviceHeard")]
[JsonDerivedType(typeof(Listening), "listening")]
[JsonDerivedType(typeof(DeviceEnded), "deviceEnded")]
[JsonDerivedType(typeof(DeviceRetried), "deviceRetried")]
[JsonDerivedType(typeof(TraitsLearned), "traitsLearned")]
[JsonDerivedType(typeof(ProbeStarted), "probeStarted")]
[JsonDerivedType(typeof(ProbeEnded), "probeEnded")]
[JsonDerivedType(typeof(LinkEnded), "linkEnded")]
[JsonDerivedType(typeof(Worked), "worked")]
[JsonDerivedType(typeof(CancelRequested), "cancelRequested")]
[JsonDerivedType(typeof(Tick), "tick")]
public abstract record CampaignEvent
{
    private CampaignEvent()
    {
    }

    public bool IsCheckpoint => this is Checkpoint;

    /// <summary>
    /// An event that may be applied before it is durable: losing it costs something learned at most. What effects it has still wait for the save.
    /// </summary>
    public abstract record Checkpoint : CampaignEvent;

    /// <summary>A process takes the campaign up, for the first time or again.</summary>
    public sealed record RunStarted(DateTimeOffset At) : CampaignEvent;

    /// <summary>A finished campaign that collects its targets is run again: devices that came since may join.</summary>
    public sealed record CollectAgain : CampaignEvent;

    /// <summary>A device that fits the targets was heard. <paramref name="Device"/> is its application address as far as that can be told.</summary>
    public sealed record DeviceHeard(BluetoothAddress Device, DateTimeOffset At) : CampaignEvent;

    /// <summary>An adapter is ready: the time for collecting runs from the first one on.</summary>
    public sealed record Listening(DateTimeOffset At) : CampaignEvent;

    public sealed record DeviceEnded(BluetoothAddress Device, DeviceOutcome Outcome, DfuError Error) : CampaignEvent;

    /// <summary>The operator asks again for a device that had failed.</summary>
    public sealed record DeviceRetried(BluetoothAddress Device) : CampaignEvent;

    public sealed record TraitsLearned(BluetoothAddress Device, BootloaderTraits Traits) : Checkpoint;

    public sealed record ProbeStarted(BluetoothAddress Device) : CampaignEvent;

    public sealed record ProbeEnded(BluetoothAddress Device) : Checkpoint;

    public sealed record LinkEnded(TimeSpan Duration, bool Dropped) : Checkpoint;

    public sealed record Worked(TimeSpan Time) : Checkpoint;

    public sealed record CancelRequested : CampaignEvent;

    public sealed record Tick(DateTimeOffset At) : CampaignEvent;
}

/// <summary>What must be done after a campaign's state was saved. Any of them may be carried out twice.</summary>
public abstract record CampaignEffect
{
    private CampaignEffect()
    {
    }

    public sealed record AddDevice(BluetoothAddress Device, DateTimeOffset At) : CampaignEffect;

    public sealed record CancelDevice(BluetoothAddress Device) : CampaignEffect;

    public sealed record KeepClass(ClassState Class) : CampaignEffect;

    public sealed record Announce(string Notice) : CampaignEffect;

    public sealed record Finished(CampaignOutcome Outcome) : CampaignEffect;
}
