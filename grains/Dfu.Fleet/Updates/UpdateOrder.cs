using System.Collections.Immutable;
using Dfu.Adapters;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Plans;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Updates;

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

    /// <summary>Index into the package's images of the one to go on with; those before it are activated, or passed over.</summary>
    public required int Image { get; init; }

    /// <summary>Those that are activated; the device has them of this package.</summary>
    public ImmutableArray<int> Activated { get; init; } = [];

    /// <summary>What is believed of <see cref="Image"/>.</summary>
    public required TransferHint Hint { get; init; }

    /// <summary><see cref="Image"/> was started over already because the device refused its hash; that is done once.</summary>
    public bool Restarted { get; init; }

    /// <summary>Name the bootloader is to advertise after the jump, at most 20 bytes, so that units can be told apart.</summary>
    public required string BootloaderName { get; init; }

    /// <summary>What earlier attempts found, oldest first; only telemetry needs it, to say why bytes are sent again.</summary>
    public ImmutableArray<ResumeRecord> Resumes { get; init; } = [];

    /// <summary>The span of the update that this attempt belongs to, as W3C writes it; null for none.</summary>
    public string? TraceParent { get; init; }

    public TransferOptions Transfer { get; init; } = new();

    /// <summary>What is known of the device beyond the campaign.</summary>
    public DevicePassport Passport { get; init; } = new();

    /// <summary>The package is sent whatever is known of the device.</summary>
    public bool Force { get; init; }

    public FinishPlan Finish { get; init; } = new();

    /// <summary>Whether the new application says what it is, as another device of the campaign showed; null when none has.</summary>
    public bool? ApplicationTells { get; init; }

    /// <summary>This attempt is to find that out for the campaign.</summary>
    public bool AsksApplication { get; init; }

    /// <summary>Nothing of the package was sent before.</summary>
    internal bool IsFresh => Image == 0 && Activated.IsEmpty && Hint is { Confirmed: 0, LastExecuteSent: false };

    /// <summary>All that is left to do is to ask the application what it is.</summary>
    internal bool IsToBeRead => Finish.Expect is not null && Activated.Contains(Package.Images.Count - 1);
}
