using System.Collections.Immutable;
using Dfu.Adapters;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Updates;

/// <summary>The part of an adapter one update attempt may use while it holds a slot there.</summary>
public interface IUpdateRadio
{
    /// <summary>The next advertisement this adapter hears, from now on, that satisfies the predicate; null when none came in time.</summary>
    Task<Advertisement?> HearAsync(Func<Advertisement, bool> wanted, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>Connects when it is this attempt's turn; the adapter connects to one device at a time.</summary>
    Task<IDfuLink> ConnectAsync(BluetoothAddress address, AddressType addressType, CancellationToken cancellationToken);
}

/// <summary>What one attempt is to do, from the durable state of the device.</summary>
public sealed record UpdateOrder
{
    /// <summary>The advertisement the attempt was granted for.</summary>
    public required Advertisement Heard { get; init; }

    /// <summary>The address the application uses.</summary>
    public required BluetoothAddress Application { get; init; }

    /// <summary>The address the bootloader uses; the same as <see cref="Application"/> where it bonds.</summary>
    public required BluetoothAddress Bootloader { get; init; }

    /// <summary>The address the operator gave, which is one or the other; null when it does not matter.</summary>
    public BluetoothAddress? Target { get; init; }

    /// <summary>An earlier attempt wrote to the device at these addresses: a bootloader at that of its application is a neighbour's.</summary>
    public bool Settled { get; init; }

    public required DfuPackage Package { get; init; }

    /// <summary>Index into the package's images of the one to go on with; those before it are activated.</summary>
    public required int Image { get; init; }

    /// <summary>What is believed of <see cref="Image"/>.</summary>
    public required TransferHint Hint { get; init; }

    /// <summary><see cref="Image"/> was started over already because the device refused its hash; that is done once.</summary>
    public bool Restarted { get; init; }

    /// <summary>Name the bootloader is to advertise after the jump, at most 20 bytes, so that units can be told apart.</summary>
    public required string BootloaderName { get; init; }

    /// <summary>What earlier attempts found, oldest first; only telemetry needs it, to say why bytes are sent again.</summary>
    public ImmutableArray<ResumeRecord> Resumes { get; init; } = [];

    /// <summary>The span this attempt belongs to, as W3C writes it; null for none.</summary>
    public string? TraceParent { get; init; }

    public TransferOptions Transfer { get; init; } = new();
    public UpdateTimes Times { get; init; } = new();
}

/// <summary>How long an attempt waits for a device that must come back by itself.</summary>
public sealed record UpdateTimes
{
    /// <summary>From the jump to the bootloader's first advertisement. Default 10 s.</summary>
    public TimeSpan Jump { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>From the last EXECUTE to the application's first advertisement; copying a bank takes seconds. Default 15 s.</summary>
    public TimeSpan Activation { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Pause between closing the link of a probe and connecting again. Default 0.5 s.</summary>
    public TimeSpan Probe { get; init; } = TimeSpan.FromSeconds(0.5);
}

public enum UpdatePhase
{
    Connecting,
    Jumping,
    Reconciling,
    SendingInit,
    Sending,
    Saving,
    Activating,
    Verifying,
}

/// <summary>Where an attempt tells what happened; everything it says is about the image that <see cref="ImageStarted"/> named last.</summary>
public interface IUpdateObserver
{
    void PhaseChanged(UpdatePhase phase);

    /// <summary>Addresses turned out by connecting: which is the application's and which the bootloader's.</summary>
    void Identified(BluetoothAddress application, BluetoothAddress bootloader);

    /// <summary>An application answered at this address, where the device's bootloader was expected. It was not written to.</summary>
    void Mistaken(BluetoothAddress address);

    void ImageStarted(int image);

    /// <summary>A link to the bootloader is open: its MTU, and its interval when known.</summary>
    void Linked(int mtu, TimeSpan? interval);

    void Resumed(ResumeRecord record);

    void Sent(int image, long offset, int count);

    void Confirmed(int image, long offset, uint crc);

    void Saved(int image, long offset);

    void TraitsLearned(BootloaderTraits traits);

    /// <summary>Durable when it returns.</summary>
    Task LastExecuteAsync(int image, CancellationToken cancellationToken);

    /// <summary>The image was accepted and activated, or is being activated; durable when it returns.</summary>
    Task ImageActivatedAsync(int image, CancellationToken cancellationToken);

    /// <summary>The device refused the hash although every CRC was right and the image starts over; durable when it returns.</summary>
    Task RestartedAsync(int image, CancellationToken cancellationToken);
}

/// <summary>How an attempt ended that ended well; one that did not throws <see cref="DfuException"/>.</summary>
/// <param name="ApplicationHeard">The application was heard after the last image; false when the device is known to have accepted it but stays silent or in its bootloader.</param>
public sealed record UpdateResult(bool ApplicationHeard);
