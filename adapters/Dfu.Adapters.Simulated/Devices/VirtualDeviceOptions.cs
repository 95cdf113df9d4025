using System.Security.Cryptography;
using Dfu.Protocol.Links;

namespace Dfu.Adapters.Simulated;

/// <summary>What a virtual device is made of. The defaults are an nRF52840 without application and with SDK 17's bootloader that takes any package.</summary>
public sealed record VirtualDeviceOptions
{
    public required BluetoothAddress ApplicationAddress { get; init; }
    public BootloaderProfile Profile { get; init; } = BootloaderProfile.Sdk17;
    public ChipModel Chip { get; init; } = ChipModel.Nrf52840;

    /// <summary>Connection events that fall into a page erase do not happen: the processor is halted. Nothing is lost by that.</summary>
    public bool RadioDeafDuringErase { get; init; }

    /// <summary>Runs its application first; gives it an application of 20000 bytes when <see cref="ApplicationSize"/> is 0.</summary>
    public bool StartsInApplication { get; init; }

    /// <summary>Signal strength in dBm at the place where the adapters are.</summary>
    public int Rssi { get; init; } = -60;

    /// <summary>SoftDevice id on the device; null takes any package's requirement.</summary>
    public uint? SoftDeviceId { get; init; }

    /// <summary>The bootloader's key; null takes any signature. Not disposed by the device.</summary>
    public ECDsa? PublicKey { get; init; }

    /// <summary>Whether an application must be signed; SoftDevice and bootloader always must.</summary>
    public bool RequireSigned { get; init; } = true;

    /// <summary>Null takes any package's hardware version.</summary>
    public uint? HwVersion { get; init; }

    public uint ApplicationVersion { get; init; }
    public uint BootloaderVersion { get; init; }

    /// <summary>
    /// What the application says in the firmware revision (0x2A26) of its Device Information service; null for an application without, as Nordic's
    /// buttonless example. After an update it says the version that the init packet gave it.
    /// </summary>
    public string? FirmwareRevision { get; init; }

    /// <summary>It says the same after an update as before.</summary>
    public bool KeepsRevision { get; init; }

    /// <summary>The same for the hardware revision (0x2A27), which an update leaves alone.</summary>
    public string? HardwareRevision { get; init; }

    /// <summary>Reads of an application's characteristics that are not answered: its link drops instead.</summary>
    public int ReadsThatDrop { get; init; }

    /// <summary>Bytes of the application already on the device, 0 for none.</summary>
    public int ApplicationSize { get; init; }

    public bool AcceptSameVersion { get; init; } = true;
    public bool DowngradePrevention { get; init; } = true;

    /// <summary>Never keeps the old application while a new one arrives.</summary>
    public bool SingleBank { get; init; }

    /// <summary>The application bonds: characteristic 8EC90004, and its bootloader keeps the address.</summary>
    public bool Bonded { get; init; }

    /// <summary>
    /// With <see cref="Bonded"/>: the radio (<see cref="AdapterModel.Identity"/>) that the application is bonded with already, and that sent it to its
    /// bootloader where it starts there. Without it such a bootloader has nobody to answer and resets, again and again.
    /// </summary>
    public string? BondedWith { get; init; }

    /// <summary>Whether that radio still has its side of the bond.</summary>
    public bool BondKept { get; init; } = true;

    /// <summary>A power cut in the middle of an erase or a write of a settings page loses that page (docs/bootloader.md T5, T6).</summary>
    public bool PowerCutDamagesSettings { get; init; }

    /// <summary>
    /// A write is accepted, and never answered, while nobody has turned notifications on or off in this connection (F16); else it
    /// is refused with ATT status 0xfd.
    /// </summary>
    public bool LazySystemAttributes { get; init; }

    /// <summary>From reset to the first advertisement of bootloader or application.</summary>
    public TimeSpan BootTime { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>For checking the signature of an init packet before EXECUTE(command) is answered.</summary>
    public TimeSpan SignatureCheckTime { get; init; }

    /// <summary>For the hash over a whole image, per KiB, before the last EXECUTE is answered.</summary>
    public TimeSpan HashTimePerKiB { get; init; }

    /// <summary>
    /// A random static address for device number <paramref name="index"/> of a simulation, 0 to 2^15 - 1, that only seed and index
    /// decide; low bytes are even, so no device takes another's bootloader address.
    /// </summary>
    public static BluetoothAddress AddressFor(int seed, int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, 1 << 15);
        var high = unchecked((uint)seed * 2654435761u) & 0x3FFF_FFFF;
        return new BluetoothAddress(0xC000_0000_0000ul | ((ulong)high << 16) | ((ulong)index * 2));
    }
}
