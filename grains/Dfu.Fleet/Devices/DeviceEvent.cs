using System.Text.Json.Serialization;
using Dfu.Adapters;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Devices;

/// <summary>
/// What happened to a device. Events of an attempt carry its number, and those that travel their own within it: whatever comes late or twice is ignored.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Granted), "granted")]
[JsonDerivedType(typeof(PhaseChanged), "phaseChanged")]
[JsonDerivedType(typeof(Identified), "identified")]
[JsonDerivedType(typeof(Told), "told")]
[JsonDerivedType(typeof(Mistaken), "mistaken")]
[JsonDerivedType(typeof(ImageStarted), "imageStarted")]
[JsonDerivedType(typeof(Resumed), "resumed")]
[JsonDerivedType(typeof(Confirmed), "confirmed")]
[JsonDerivedType(typeof(Saved), "saved")]
[JsonDerivedType(typeof(ClassLearned), "classLearned")]
[JsonDerivedType(typeof(LastExecute), "lastExecute")]
[JsonDerivedType(typeof(ImageActivated), "imageActivated")]
[JsonDerivedType(typeof(ImagePassed), "imagePassed")]
[JsonDerivedType(typeof(Restarted), "restarted")]
[JsonDerivedType(typeof(Ended), "ended")]
[JsonDerivedType(typeof(Interrupted), "interrupted")]
[JsonDerivedType(typeof(AdapterBlamed), "adapterBlamed")]
[JsonDerivedType(typeof(Waited), "waited")]
[JsonDerivedType(typeof(CancelRequested), "cancelRequested")]
[JsonDerivedType(typeof(PauseRequested), "pauseRequested")]
[JsonDerivedType(typeof(RetryRequested), "retryRequested")]
public abstract record DeviceEvent
{
    private DeviceEvent()
    {
    }

    /// <summary>Place among the reported events of its attempt, from 1. 0 for one that whoever keeps the device makes itself, which comes once.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Number { get; init; }

    public bool IsCheckpoint => this is Checkpoint;

    /// <summary>An event that belongs to one attempt.</summary>
    public interface IOfAttempt
    {
        int Attempt { get; }
    }

    /// <summary>An event that tells what its attempt has cost so far.</summary>
    public interface IOfCost
    {
        /// <summary>Null when nothing is told.</summary>
        AttemptCost? Cost { get; }
    }

    /// <summary>
    /// An event that may be applied before it is durable: losing it costs a reconcile at most. What effects it has still wait for the save.
    /// </summary>
    public abstract record Checkpoint : DeviceEvent;

    /// <summary>An adapter has a slot for the device and hears it now.</summary>
    /// <param name="Attempt">The number that the attempt will have: one more than the device had when it asked.</param>
    public sealed record Granted(
        int Attempt, string Adapter, int Epoch, Advertisement Heard, BluetoothAddress Application, BluetoothAddress Bootloader, bool Probe, DateTimeOffset At)
        : DeviceEvent;

    public sealed record PhaseChanged(int Attempt, DevicePhase Phase, DateTimeOffset At) : Checkpoint, IOfAttempt;

    public sealed record Identified(int Attempt, BluetoothAddress Application, BluetoothAddress Bootloader) : Checkpoint, IOfAttempt;

    /// <summary>The application was asked what it is, before it was sent to its bootloader.</summary>
    /// <param name="Revision">Its firmware revision (0x2A26); null when it has none.</param>
    /// <param name="HardwareRevision">0x2A27, likewise.</param>
    public sealed record Told(int Attempt, string? Revision, string? HardwareRevision) : Checkpoint, IOfAttempt;

    /// <summary>An application answered at this address, where the device's bootloader was expected.</summary>
    public sealed record Mistaken(int Attempt, BluetoothAddress Address) : Checkpoint, IOfAttempt;

    public sealed record ImageStarted(int Attempt, int Image) : Checkpoint, IOfAttempt;

    public sealed record Resumed(int Attempt, int Image, ResumeRecord Record) : Checkpoint, IOfAttempt;

    public sealed record Confirmed(int Attempt, int Image, long Offset, uint Crc, DeviceTraffic Traffic, DateTimeOffset At)
        : Checkpoint, IOfAttempt, IOfCost
    {
        public AttemptCost? Cost { get; init; }
    }

    public sealed record Saved(int Attempt, int Image, long Offset) : Checkpoint, IOfAttempt;

    public sealed record ClassLearned(int Attempt, string Class) : Checkpoint, IOfAttempt;

    /// <summary>The last EXECUTE of the image waits for this to be durable.</summary>
    public sealed record LastExecute(int Attempt, int Image, DateTimeOffset At) : DeviceEvent, IOfAttempt, IOfCost
    {
        public AttemptCost? Cost { get; init; }

        /// <summary>What the device runs if it obeys; null when nobody says.</summary>
        public ImageIdentity? Identity { get; init; }
    }

    /// <param name="SoftDevicePart">Another image follows on a bootloader that leaves DFU mode after 10 s.</param>
    public sealed record ImageActivated(int Attempt, int Image, bool SoftDevicePart, DateTimeOffset At) : DeviceEvent, IOfAttempt;

    /// <summary>The bootloader refused an image that another follows, for what may mean that the device has it already: the next one decides.</summary>
    /// <param name="Note">What became of the image, one line for the report of a device that is updated without it.</param>
    public sealed record ImagePassed(int Attempt, int Image, DfuError Error, string Detail, string Note, DateTimeOffset At) : DeviceEvent, IOfAttempt;

    public sealed record Restarted(int Attempt, int Image, DateTimeOffset At) : DeviceEvent, IOfAttempt;

    /// <summary>The attempt is over and its link closed. <paramref name="Error"/> None means it ended well.</summary>
    public sealed record Ended(
        int Attempt, DfuError Error, string Detail, bool ApplicationHeard, DeviceTraffic Traffic, DateTimeOffset At) : DeviceEvent, IOfAttempt, IOfCost
    {
        public AttemptCost? Cost { get; init; }

        /// <summary>How it was found out that the device runs what it was sent; null when nobody says.</summary>
        public FinishReport? Finish { get; init; }

        /// <summary>Nothing was sent: the device runs the package.</summary>
        public bool AlreadyCurrent { get; init; }

        /// <summary>The adapter connected to other devices lately.</summary>
        public bool AdapterServedOthers { get; init; }
    }

    /// <summary>The attempt was stopped from outside, or the process that ran it is gone; not the device's doing.</summary>
    public sealed record Interrupted(int Attempt, DateTimeOffset At) : DeviceEvent, IOfAttempt;

    /// <summary>An adapter turned out bad: an attempt that found no link over it was not the device's failure.</summary>
    /// <param name="Attempt">The last that failed over it.</param>
    public sealed record AdapterBlamed(string Adapter, int Epoch, int Attempt) : DeviceEvent;

    /// <summary>Time passed while the device waits; what is known of the air goes with it.</summary>
    /// <param name="LastHeard">When an adapter that may have it heard it last, null for never.</param>
    /// <param name="AsApplication">Whether it was heard in its application.</param>
    /// <param name="ListeningSince">Since when at least one adapter has been ready without a break, null while none is.</param>
    /// <param name="DeafSince">Since when none has been, null while one is.</param>
    public sealed record Waited(DateTimeOffset At, DateTimeOffset? LastHeard, bool AsApplication, DateTimeOffset? ListeningSince, DateTimeOffset? DeafSince)
        : DeviceEvent
    {
        /// <summary>Adapters hear it that may not have it, for want of its bond; see <see cref="DeviceBonds"/>.</summary>
        public bool HeardByOthers { get; init; }

        /// <summary>With <see cref="HeardByOthers"/>: which of its programs they hear.</summary>
        public bool InBootloader { get; init; }
    }

    /// <param name="Run">The campaign's run it was asked for in; one before <see cref="DeviceState.Run"/> came late.</param>
    public sealed record CancelRequested(DateTimeOffset At, int Run) : DeviceEvent
    {
        /// <summary>The attempt under way is the last one, and is finished.</summary>
        public bool Drain { get; init; }
    }

    /// <summary>The campaign is paused: the attempt is broken off, and the device waits for another.</summary>
    public sealed record PauseRequested(int Attempt, DateTimeOffset At) : DeviceEvent, IOfAttempt;

    /// <summary>Somebody asked again for a device that had ended or was to be cancelled.</summary>
    /// <param name="Run">The campaign's run that wants it; one that is not after <see cref="DeviceState.Run"/> came twice.</param>
    public sealed record RetryRequested(DateTimeOffset At, int Run) : DeviceEvent
    {
        /// <summary>It begins anew whatever became of it, and whatever it is known to run.</summary>
        public bool Anew { get; init; }
    }
}
