using System.Security.Cryptography;
using Dfu.Adapters;
using Dfu.Adapters.Simulated;

namespace Dfu.Silo.Simulation;

/// <summary>A room of virtual devices, as <c>dfu simulate</c>, <c>dfu demo</c> and <c>sim:</c> adapters ask for it.</summary>
public sealed record SimulationSettings
{
    /// <summary>What Nordic's bootloaders are built with on nRF52.</summary>
    public const uint HwVersion = 52;

    /// <summary>1 to 10000.</summary>
    public int Devices { get; init; } = 10;
    public BootloaderProfile Profile { get; init; } = BootloaderProfile.Sdk17;
    public ChipModel Chip { get; init; } = ChipModel.Nrf52840;

    /// <summary>Whether the bootloader saves its progress; null is what the profile does. SDK 12 to 14 always save.</summary>
    public bool? SaveProgress { get; init; }
    public bool Deaf { get; init; }

    /// <summary>Devices run an application with buttonless DFU instead of waiting in their bootloader.</summary>
    public bool InApplication { get; init; }

    /// <summary>
    /// Their applications have buttonless DFU with bonds. They run those whatever <see cref="InApplication"/> says: such a bootloader answers nobody but
    /// who sent it there.
    /// </summary>
    public bool Bonds { get; init; }

    /// <summary>Null takes any.</summary>
    public uint? SoftDevice { get; init; }

    /// <summary>What their applications say in the firmware revision (0x2A26), until an update; null for applications without.</summary>
    public string? FirmwareRevision { get; init; }

    /// <summary>They say the same after an update.</summary>
    public bool KeepsRevision { get; init; }

    /// <summary>Packet bytes after which a device's link drops, once; null is never.</summary>
    public long? DropAfter { get; init; }

    /// <summary>Probability per data object, 0 to 1.</summary>
    public double DropRate { get; init; }

    /// <summary>Links that each adapter holds at once, and the radios behind it that share them: 1 and up.</summary>
    public int Links { get; init; } = 8;
    public int Radios { get; init; } = 1;

    /// <summary>Simulated seconds in a real one.</summary>
    public double TimeScale { get; init; } = 1;
    public int Seed { get; init; } = 1;

    /// <summary>Null takes any signature, and none.</summary>
    public ECDsa? PublicKey { get; init; }

    /// <summary>Others on the air that are not devices of Secure DFU, 0 to 1000.</summary>
    public int Bystanders { get; init; }

    /// <summary>Of <see cref="Devices"/>: those whose bootloaders were built for other hardware, spread among them. They refuse.</summary>
    public int OtherHardware { get; init; }

    /// <summary>Devices are put on the air one after another, so far apart, as on a line; null is all at once.</summary>
    public TimeSpan? Arrive { get; init; }

    public LinkModel Link => LinkModel.Perfect with { DropRate = DropRate, DropAfterBytes = DropAfter };

    public AdapterModel Adapter => new() { MaxLinks = Links, Radios = Radios };

    public VirtualDeviceOptions Device(int index) => new()
    {
        ApplicationAddress = VirtualDeviceOptions.AddressFor(Seed, index),
        Profile = SaveProgress is { } saves ? Profile with { SaveProgress = saves } : Profile,
        Chip = Chip,
        RadioDeafDuringErase = Deaf,
        StartsInApplication = InApplication || Bonds,
        Bonded = Bonds,
        SoftDeviceId = SoftDevice,
        HwVersion = IsForOtherHardware(index) ? HwVersion + 1 : HwVersion,
        FirmwareRevision = FirmwareRevision,
        KeepsRevision = KeepsRevision,
        PublicKey = PublicKey,
        RequireSigned = PublicKey is not null,
        Rssi = -50 - (index * 7 % 30),
    };

    /// <summary>Puts those devices on the air that are there from the start, and the bystanders.</summary>
    /// <param name="add">Puts one device there.</param>
    public void Populate(SimulatedAir air, Action<VirtualDeviceOptions> add)
    {
        for (var i = 0; i < (Arrive is null ? Devices : 1); i++) add(Device(i));
        for (var i = 0; i < Bystanders; i++) air.AddBystander(Bystander(i));
    }

    /// <summary>Puts the others there as they arrive, by the clock of the air.</summary>
    public async Task ArriveAsync(Action<VirtualDeviceOptions> add, TimeProvider time, CancellationToken cancellationToken)
    {
        if (Arrive is not { } apart) return;
        for (var i = 1; i < Devices; i++)
        {
            await Task.Delay(apart, time, cancellationToken);
            add(Device(i));
        }
    }

    private bool IsForOtherHardware(int index) => OthersBefore(index + 1) > OthersBefore(index);

    private long OthersBefore(int index) => (((long)index * OtherHardware) + (Devices / 2)) / Devices;

    private Advertisement Bystander(int index)
    {
        var (name, others) = Kinds[index % Kinds.Length];
        var address = VirtualDeviceOptions.AddressFor(Seed ^ 0x1357, index);
        return new(address, AddressType.Random, -55 - (index * 11 % 35), name, DfuService: false, Connectable: true) { Others = others };
    }

    private static readonly (string Name, OtherServices Others)[] Kinds =
    [
        ("DfuTarg", OtherServices.LegacyDfu), ("Nordic_UART", OtherServices.Uart), ("Zephyr", OtherServices.Smp), ("Küche 🌡", OtherServices.None),
    ];
}
