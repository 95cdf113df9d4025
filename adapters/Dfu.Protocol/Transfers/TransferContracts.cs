using System.Text.Json.Serialization;

namespace Dfu.Protocol.Transfers;

/// <summary>What a bootloader keeps of the data it has when its link drops. Never assumed: learned by looking.</summary>
public enum Keeps
{
    Unknown = 0,

    /// <summary>Only what a forced save wrote (SDK 16 and 17 as Nordic ships them).</summary>
    Nothing,

    /// <summary>Every executed object (NRF_DFU_SAVE_PROGRESS_IN_FLASH=1, and SDK 12 to 14).</summary>
    Objects,

    /// <summary>Everything it received, in RAM, until a reset (SDK up to 15.3).</summary>
    Ram,
}

/// <summary>What has been learned of a class of bootloaders: the same init packet maximum, MTU and package hardware version.</summary>
/// <remarks>Passed into a transfer as a prior, handed out again with what the transfer learned; serializes as it is.</remarks>
public sealed record BootloaderTraits
{
    /// <summary>Largest init packet in bytes as SELECT(command) tells: 256 up to SDK 15.2, 512 from 15.3. 0 when not yet known.</summary>
    public int InitMax { get; init; }

    /// <summary>ATT MTU seen; 0 when not yet known.</summary>
    public int Mtu { get; init; }

    public Keeps Keeps { get; init; }

    /// <summary>Whether the flash is busy after EXECUTE(data) was answered, as with a save after every object; null when not yet measured.</summary>
    public bool? WritesAfterExecute { get; init; }

    /// <summary>Pacing learned after CREATE(data).</summary>
    public Pacing Pacing { get; init; } = Pacing.Initial;
}

/// <summary>What the orchestrator believes before it connects. The device's own answers and CRCs decide.</summary>
public sealed record TransferHint
{
    /// <summary>Last confirmed offset of this image in bytes, 0 for none.</summary>
    public long Confirmed { get; init; }

    /// <summary>Offset of the last forced save whose barrier was answered, 0 for none.</summary>
    public long Saved { get; init; }

    /// <summary>Offset of this image that the device had when the link before this one opened; null when there was none, or nobody knows.</summary>
    public long? ResumedAt { get; init; }

    /// <summary>The last EXECUTE of this image was sent and its answer never seen.</summary>
    public bool LastExecuteSent { get; init; }

    public BootloaderTraits Traits { get; init; } = new();

    /// <summary>Observed over the campaign; null when nothing dropped yet.</summary>
    public TimeSpan? MeanTimeBetweenDrops { get; init; }

    /// <summary>Link time observed over the campaign, the evidence behind <see cref="MeanTimeBetweenDrops"/>.</summary>
    public TimeSpan LinkTimeObserved { get; init; }

    /// <summary>Drop the link on purpose after the first object to see what this class of bootloader keeps.</summary>
    public bool Probe { get; init; }

    /// <summary>The link before this one was dropped by such a probe.</summary>
    public bool Probed { get; init; }

    /// <summary>
    /// With <see cref="LastExecuteSent"/>: an application came up, which may be the old one, and the device was sent back to its
    /// bootloader to look whether that had obeyed.
    /// </summary>
    public bool Looks { get; init; }

    /// <summary>The bootloader is known to say why it refuses: it belongs to an application of SDK 13 or later.</summary>
    public bool Explains { get; init; }
}

/// <summary>What a reconcile found, in the words of the operator's report.</summary>
public enum Diagnosis
{
    /// <summary>Nothing was stored and nothing is held: a first start.</summary>
    Fresh = 0,

    /// <summary>The device holds what we stored.</summary>
    Healthy,

    /// <summary>The device is one object behind: it acknowledged before it saved.</summary>
    AcknowledgedBeforeSaved,

    /// <summary>The device is ahead: our acknowledgement was lost.</summary>
    AcknowledgementLost,

    /// <summary>The device is back at its last (forced) save.</summary>
    BackAtSave,

    /// <summary>The init packet survived, the image offset is 0: this bootloader saves nothing by itself.</summary>
    SavesNothing,

    /// <summary>The offset lies inside an object: RAM was kept, or a save happened there.</summary>
    InsideObject,

    /// <summary>The bytes the device holds are not those of this image.</summary>
    Corrupt,

    /// <summary>The device holds another init packet, a part of one, or none.</summary>
    OtherUpdate,

    /// <summary>The last EXECUTE was sent and nothing is held: probably activated.</summary>
    ProbablyActivated,

    /// <summary>The link was dropped on purpose to learn what this bootloader keeps.</summary>
    Probe,

    /// <summary>The device refused the hash although every CRC was right; started over once.</summary>
    VerificationRestart,
}

/// <summary>One reconcile after a reconnect: offsets in bytes of the image.</summary>
/// <param name="Stored">What was confirmed before.</param>
/// <param name="Held">What the device says that it holds; nothing, where that is of another package.</param>
public sealed record ResumeRecord(long Stored, long Held, Diagnosis Diagnosis)
{
    /// <summary>Bytes of <see cref="Held"/> that need not be sent again, as far as the reconcile tells: an object under way is created again.</summary>
    [JsonIgnore]
    public long Kept => Diagnosis switch
    {
        Diagnosis.Corrupt or Diagnosis.VerificationRestart => 0,
        Diagnosis.InsideObject => Held & ~0xFFFL,
        _ => Held,
    };
}

public enum TransferPhase
{
    Reconciling,
    SendingInit,
    Sending,
    Saving,
    Activating,
}

/// <summary>What a transfer does within a <see cref="TransferPhase"/>.</summary>
public enum TransferActivity
{
    /// <summary>CREATE(data) is asked for.</summary>
    Creating,

    /// <summary>Nothing is sent, because the device is erasing flash.</summary>
    Pausing,

    /// <summary>Firmware is on its way.</summary>
    Sending,

    /// <summary>A checksum or a receipt is waited for.</summary>
    Checking,

    /// <summary>EXECUTE is asked for.</summary>
    Executing,
}

/// <summary>Where a transfer tells what happened. Called from the transfer's own context, in order.</summary>
public interface ITransferObserver
{
    void PhaseChanged(TransferPhase phase);

    void Resumed(ResumeRecord record);

    /// <summary>A packet of firmware was handed to the link: bytes [offset, offset + count) of the image.</summary>
    void Sent(long offset, int count);

    /// <summary>The device executed everything up to <paramref name="offset"/> and the CRC was right.</summary>
    void Confirmed(long offset, uint crc);

    /// <summary>The progress up to <paramref name="offset"/> is known to be in the device's flash.</summary>
    void Saved(long offset);

    void TraitsLearned(BootloaderTraits traits);

    /// <summary>What it does from now on, until it says otherwise or enters another phase.</summary>
    void Doing(TransferActivity activity)
    {
    }

    /// <summary>The device has carried out requests that erased so many pages of firmware, and its settings page so many times.</summary>
    /// <remarks>Counted by what docs/bootloader.md says that requests erase; the device does not tell.</remarks>
    void Erased(int pages, int settings)
    {
    }

    /// <summary>The last EXECUTE of the image is about to be sent; returns when that is durable.</summary>
    Task LastExecuteAsync(CancellationToken cancellationToken);
}

public enum TransferEnd
{
    /// <summary>The device accepted the last EXECUTE and leaves to activate the image.</summary>
    Accepted,

    /// <summary>The last EXECUTE was sent earlier and the device holds nothing: it probably activated the image. Verify.</summary>
    ProbablyActivated,

    /// <summary>The bootloader has nothing left to do: the image is activated. It was asked to reset, so that the application comes back.</summary>
    Activated,

    /// <summary>The link was closed on purpose after the first object; connect again and look.</summary>
    Probed,
}

/// <summary>Limits and waits of a transfer. All times are at least 1 ms.</summary>
public sealed record TransferOptions
{
    /// <summary>For an answer of SELECT, SET_PRN, CRC or CREATE. Default 5 s.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>For an answer of EXECUTE, which may check a signature, wait for the flash or hash the whole image. Default 15 s.</summary>
    public TimeSpan ExecuteTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How often a request is asked again after its answer was lost. Default 2.</summary>
    public int RequestRepeats { get; init; } = 2;

    /// <summary>How often one object may come short or corrupt before the attempt ends. Default 6.</summary>
    public int MaxObjectAttempts { get; init; } = 6;

    /// <summary>Objects between forced saves until drops prove rarer or more frequent, 1 and up. Default 16.</summary>
    public int MaxObjectsBetweenSaves { get; init; } = 16;

    /// <summary>False turns forced saves off, for measuring what they give.</summary>
    public bool ForcedSaves { get; init; } = true;

    /// <summary>Objects between forced saves whatever the drops, for measuring what deciding by them gives; null decides by them.</summary>
    public int? SaveEvery { get; init; }
}
