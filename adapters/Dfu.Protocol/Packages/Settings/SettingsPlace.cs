using Dfu.Protocol.Errors;

namespace Dfu.Protocol.Packages.Settings;

/// <summary>Where a chip's bootloader has its settings: in the last page of flash, unless it was built otherwise.</summary>
/// <param name="Family">As the command line has it.</param>
/// <param name="Name">As Nordic writes it.</param>
/// <param name="Address">The page's first byte.</param>
/// <remarks>
/// nRF5 SDK, nrf_dfu_types.h, BOOTLOADER_SETTINGS_ADDRESS; product specifications, memory map. nrf52 and nrf52qfab are what Nordic's tool says.
/// </remarks>
public sealed record SettingsPlace(string Family, string Name, uint Address)
{
    /// <summary>The copy, in what is called the master boot record's parameter page, is one page below. Bootloaders of SDK 15.1 and newer have it.</summary>
    private const uint BackupBelow = 0x1000;

    public static readonly IReadOnlyList<SettingsPlace> All =
    [
        new("nrf52840", "nRF52840", 0xFF000),
        new("nrf52833", "nRF52833", 0x7F000),
        new("nrf52832", "nRF52832", 0x7F000),
        new("nrf52", "nRF52832", 0x7F000),
        new("nrf52qfab", "nRF52832-QFAB", 0x3F000),
        new("nrf52820", "nRF52820", 0x3F000),
        new("nrf52811", "nRF52811", 0x2F000),
        new("nrf52810", "nRF52810", 0x2F000),
        new("nrf52805", "nRF52805", 0x2F000),
        new("nrf51", "nRF51", 0x3FC00),
    ];

    private uint PageBytes => Family == "nrf51" ? 0x400u : 0x1000u;

    public static bool TryParse(string text, out SettingsPlace place)
    {
        place = All.FirstOrDefault(known => known.Family.Equals(text.Trim(), StringComparison.OrdinalIgnoreCase))!;
        return place is not null;
    }

    /// <param name="start">Where the page is; null for the usual place.</param>
    /// <param name="backup">Where its copy is; null for one page below.</param>
    /// <param name="noBackup">No copy is written.</param>
    /// <exception cref="DfuException"><see cref="DfuError.InvalidArgument"/>: no such pages are in this chip's flash.</exception>
    public (uint Address, uint? Backup) Place(uint? start, uint? backup, bool noBackup)
    {
        var address = start ?? Address;
        Check("settings page", address);
        if (noBackup) return backup is null ? (address, null) : throw Wrong("--backup-address has no effect with --no-backup", "Leave one of them out.");
        if (backup is null && address < BackupBelow)
            throw Wrong($"there is no page below 0x{address:x} for the backup", "Give --backup-address, or --no-backup for bootloaders before SDK 15.1.");
        var copy = backup ?? address - BackupBelow;
        Check("backup", copy);
        return copy != address ? (address, copy) : throw Wrong($"settings page and backup are both at 0x{address:x}", "Give each a page of its own.");
    }

    private void Check(string what, uint address)
    {
        if (address % PageBytes != 0)
            throw Wrong($"the {what} cannot be at 0x{address:x}, where no flash page begins", $"Give a multiple of 0x{PageBytes:x}.");
        if (address > Address)
        {
            throw Wrong(
                $"the {what} cannot be at 0x{address:x}: {Name}'s flash ends at 0x{Address + PageBytes:x}",
                "Give the --family of the device, or a lower address.");
        }
    }

    private static DfuException Wrong(string what, string remedy) => new(DfuError.InvalidArgument, what) { Remedy = remedy };
}
