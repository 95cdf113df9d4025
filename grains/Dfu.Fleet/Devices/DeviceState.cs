using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Dfu.Adapters;
using Dfu.Fleet.Plans;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Devices;

/// <summary>What is believed of one image on one device. Offsets in bytes; the device's own answers and CRCs decide.</summary>
public sealed record ImageProgress
{
    public long Confirmed { get; init; }

    /// <summary>CRC-32 of bytes [0, <see cref="Confirmed"/>); 0 when the offset came from a reconcile.</summary>
    public uint Crc { get; init; }

    /// <summary>Known to be in the device's flash.</summary>
    public long Saved { get; init; }

    /// <summary>The last EXECUTE was, or was about to be, sent. Durable before it is sent.</summary>
    public bool LastExecuteSent { get; init; }

    /// <summary>Started over once because the device refused the hash although every CRC was right.</summary>
    public bool RestartedAfterVerification { get; init; }
    public bool Activated { get; init; }

    /// <summary>What the image is; null before its last EXECUTE.</summary>
    public ImageIdentity? Identity { get; init; }

    /// <summary>Set when the image is passed over: the bootloader refused it and the device probably has it.</summary>
    public PassedOver? Passed { get; init; }

    /// <summary>Nothing is left to be done about it.</summary>
    [JsonIgnore]
    public bool IsThere => Activated || Passed is not null;
}

/// <summary>An image that was refused and not insisted on.</summary>
/// <param name="Error">What the bootloader refused it for.</param>
/// <param name="Note">See <see cref="DeviceEvent.ImagePassed"/>.</param>
public sealed record PassedOver(DfuError Error, string Detail, string Note);

/// <summary>Transfers of one device that had broken off and went on. A first start and a drop on purpose are no such thing.</summary>
/// <param name="Kept">Bytes of them that the device had kept and that were not sent again, summed up.</param>
public readonly record struct ResumeTotals(int Times, long Kept)
{
    public ResumeTotals With(ResumeRecord resume) => IsAfterDrop(resume) ? new(Times + 1, Kept + resume.Kept) : this;

    private static bool IsAfterDrop(ResumeRecord resume) =>
        resume.Diagnosis is not (Diagnosis.Fresh or Diagnosis.Probe or Diagnosis.VerificationRestart) && (resume.Stored > 0 || resume.Kept > 0);
}

/// <summary>Attempts in a row that ended through no fault of the device and gained nothing.</summary>
/// <param name="Held">Bytes of the image the device held when the first of them began.</param>
/// <param name="Lasted">Time from the end of the first of them to the end of the last, that of earlier processes included.</param>
/// <param name="At">When the last of them ended, or this process took the device up.</param>
public sealed record Losses(int Count, int Image, long Held, TimeSpan Lasted, DateTimeOffset At);

/// <summary>Everything decided and known about one device of a campaign.</summary>
public sealed record DeviceState
{
    public const int CurrentVersion = 1;

    [JsonPropertyName("v"), JsonRequired, StoredVersion(nameof(DeviceState), CurrentVersion)]
    public int Version { get; init; } = CurrentVersion;

    /// <summary>The name of the device within its campaign: the address it was given or first heard by. Never changes.</summary>
    public required BluetoothAddress Id { get; init; }
    public required BluetoothAddress Application { get; init; }
    public BluetoothAddress? Bootloader { get; init; }

    /// <summary>The device was written to at these addresses: nobody else is taken for it any more.</summary>
    public bool Settled { get; init; }

    /// <summary>Addresses at which neighbours' applications answered where its bootloader was expected.</summary>
    public ImmutableArray<BluetoothAddress> Strangers { get; init; } = [];

    /// <summary>Sizes in bytes of the package's images, in their order.</summary>
    public required ImmutableArray<long> ImageSizes { get; init; }
    public required ImmutableArray<ImageProgress> Images { get; init; }

    public DevicePhase Phase { get; init; }
    public DeviceOutcome Outcome { get; init; }
    public DfuError Error { get; init; }
    public string Detail { get; init; } = "";

    /// <summary>The fencing number: counts grants, never goes back while the device is known. Reports of any other attempt are ignored.</summary>
    public int Attempt { get; init; }

    /// <summary>What <see cref="Attempt"/> had counted before this campaign, where devices outlive campaigns.</summary>
    public int EarlierAttempts { get; init; }

    /// <summary>Attempts that ended in an error of the device or its link.</summary>
    public int Failures { get; init; }

    /// <summary>Attempts in a row that confirmed nothing new.</summary>
    public int Fruitless { get; init; }

    /// <summary>What came of the last adapters it had fruitless attempts on, the last one last; at most four.</summary>
    public ImmutableArray<AdapterTrouble> Troubles { get; init; } = [];

    /// <summary>Null when the last attempt ended by the device's doing.</summary>
    public Losses? Losses { get; init; }

    /// <summary><see cref="DeviceEvent.Number"/> of the attempt's last event that was applied.</summary>
    public int LastEvent { get; init; }

    /// <summary>Index of the image to go on with.</summary>
    public int Image { get; init; }

    /// <summary>What the device held when this attempt looked, bytes of <see cref="Image"/>: anything confirmed beyond it is new.</summary>
    public long AttemptBase { get; init; }
    public bool AttemptFruitful { get; init; }
    public bool Probing { get; init; }

    /// <summary>The last <see cref="DeviceProgress.ResumesKept"/>, oldest first.</summary>
    public ImmutableArray<ResumeRecord> Resumes { get; init; } = [];

    public ResumeTotals ResumeTotals { get; init; }

    /// <summary>The adapter that works on the device or did last, and that adapter's epoch at the time.</summary>
    public string? Adapter { get; init; }
    public int AdapterEpoch { get; init; }

    /// <summary>Where the bootloader bonds: the adapter whose bond it was given, or that it let in last; null while none is known.</summary>
    public string? BondedWith { get; init; }

    /// <summary>Adapters that the device did not take since it was asked for, or since it was last sent to its bootloader.</summary>
    public ImmutableArray<BondRefusal> BondRefusals { get; init; } = [];

    /// <summary>The advertisement the current attempt was granted for.</summary>
    public Advertisement? Heard { get; init; }

    /// <summary>The key of its class of bootloaders, null until learned.</summary>
    public string? Class { get; init; }

    /// <summary>Bytes counted by the ledger at the last checkpoint, for the case that the ledger is lost.</summary>
    public long BytesSent { get; init; }
    public long BytesDistinct { get; init; }

    /// <remarks>This and the other times here are of a clock that never steps; see <see cref="DeviceMachine.TakeUp"/>.</remarks>
    public DateTimeOffset WaitingSince { get; init; }

    /// <summary>No grant before this moment; the end of a backoff.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>When the waiting bootloader will leave DFU mode by itself, as far as is known.</summary>
    public DateTimeOffset? BootloaderUntil { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? ActivatedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary><see cref="StartedAt"/> and <see cref="EndedAt"/> by the clock on the wall of the host that keeps the device.</summary>
    public DateTimeOffset? StartedOnWall { get; init; }
    public DateTimeOffset? EndedOnWall { get; init; }

    /// <summary>What people call it; null when nobody said.</summary>
    public TargetLabel? Label { get; init; }

    /// <summary>What it went through in this campaign, oldest first; the last hundred or so.</summary>
    public ImmutableArray<DeviceMoment> Moments { get; init; } = [];

    public DeviceCosts Costs { get; init; } = new();
    public FinishReport Finish { get; init; } = new(FinishCheck.None);

    /// <summary>Something is expected of its application: it is updated only when that has said so.</summary>
    public bool Expects { get; init; }

    /// <summary>What earlier campaigns cost its flash.</summary>
    public DeviceWear EarlierWear { get; init; }

    [JsonIgnore]
    public DeviceWear LifetimeWear => EarlierWear + Costs.Wear;

    /// <summary>It has an application behind which new firmware is received, as far as is known.</summary>
    public bool HadApplication { get; init; }
    public bool CancelRequested { get; init; }

    /// <summary>It is cancelled unless the attempt under way updates it.</summary>
    public bool LastAttempt { get; init; }

    /// <summary>The attempt under way is to be broken off, and another to follow.</summary>
    public bool Paused { get; init; }

    /// <summary>It is sent what the campaign sends even where it is known to run that: somebody wants it to begin anew.</summary>
    public bool Forced { get; init; }

    /// <summary>The campaign's run in which it was last asked for again; 0 while it was not.</summary>
    public int Run { get; init; }

    /// <summary>The campaign it was part of before this one.</summary>
    public string? EarlierCampaign { get; init; }

    public bool Running => Phase is not (DevicePhase.Queued or DevicePhase.BackingOff or DevicePhase.Done);

    public bool AllActivated => Images.All(static image => image.IsThere);

    /// <summary>Of the images that are sent: not of one that is passed over.</summary>
    public long BytesTotal => ImageSizes.Where((_, i) => Images[i].Passed is null).Sum();

    /// <summary>What was passed over, one line; empty when nothing was.</summary>
    [JsonIgnore]
    public string PassedNote => string.Join("; ", Images.Select(static image => image.Passed?.Note).OfType<string>());

    public long BytesConfirmed
    {
        get
        {
            long sum = 0;
            for (var i = 0; i < Images.Length; i++)
            {
                if (Images[i].Passed is not null) continue;
                sum += Images[i].Activated || Outcome.IsGood() ? ImageSizes[i] : Images[i].Confirmed;
            }

            return sum;
        }
    }

    public DeviceTraffic Traffic => new(BytesSent, BytesDistinct);

    /// <summary>A device of a new campaign.</summary>
    public static DeviceState New(BluetoothAddress id, ImmutableArray<long> imageSizes, DateTimeOffset at) => new()
    {
        Id = id,
        Application = id,
        ImageSizes = imageSizes,
        Images = [.. imageSizes.Select(static _ => new ImageProgress())],
        WaitingSince = at,
        Costs = new() { Since = at },
    };

    /// <summary>The same device in another campaign: its addresses stay known, and its attempts count on so that late reports stay recognisable.</summary>
    public DeviceState Anew(ImmutableArray<long> imageSizes, DateTimeOffset at) => New(Id, imageSizes, at) with
    {
        Application = Application,
        Bootloader = Bootloader,
        BondedWith = BondedWith,
        Attempt = Attempt,
        EarlierAttempts = Attempt,
        Label = Label,
        Expects = Expects,
        EarlierWear = LifetimeWear,
        HadApplication = HadApplication,
    };

    /// <summary>The same at the beginning of a campaign, with what is known of the device from before.</summary>
    public DeviceState Knowing(DevicePassport passport, FinishPlan finish) => this with
    {
        Expects = finish.Expect is not null,
        EarlierWear = passport.Wear,
        HadApplication = passport.Application is not null,
    };

    /// <summary>The same with its moments by the clock on the wall.</summary>
    public DeviceState OnWall(DateTimeOffset wall)
    {
        DateTimeOffset? started = StartedAt is null ? null : StartedOnWall ?? wall;
        DateTimeOffset? ended = EndedAt is null ? null : EndedOnWall ?? wall;
        return (started, ended) == (StartedOnWall, EndedOnWall) ? this : this with { StartedOnWall = started, EndedOnWall = ended };
    }

    /// <summary>Takes over a byte count; counts never go back.</summary>
    public DeviceState Counting(DeviceTraffic traffic) => traffic.Sent <= BytesSent && traffic.Distinct <= BytesDistinct
        ? this
        : this with { BytesSent = Math.Max(BytesSent, traffic.Sent), BytesDistinct = Math.Max(BytesDistinct, traffic.Distinct) };
}
