namespace Dfu.Protocol.Packages;

/// <summary>The memories of nRF51 and nRF52 chips, by address.</summary>
/// <remarks>Nordic's product specifications, chapter Memory; nRF5 SDK, nrf_bootloader_info.h and nrf_mbr.h.</remarks>
internal static class Flash
{
    public const uint Page = 0x1000;

    /// <summary>The flash of the largest, nRF52840.</summary>
    public const uint Largest = 0x10_0000;

    /// <summary>Applications begin below: behind the largest SoftDevice. Above, chips of 512 KiB and 1 MiB have their bootloader.</summary>
    public const uint ApplicationsBelow = 0x4_0000;

    /// <summary>Bootloaders begin above, also on chips of 192 KiB.</summary>
    public const uint BootloadersAbove = 0x2_0000;

    /// <summary>Nordic's bootloaders for chips of 192 KiB begin here, those for 256 KiB above; the usual SoftDevices end below.</summary>
    public const uint BootloadersOfSmallChipsAbove = 0x2_8000;

    /// <summary>The word of the UICR in which a bootloader's HEX file tells the master boot record where it begins.</summary>
    public const uint BootloaderAddress = 0x1000_1014;

    /// <summary>Flash ends, in the order of the chips: 192 KiB, 256 KiB, 512 KiB, 1 MiB.</summary>
    private static readonly uint[] Ends = [0x3_0000, 0x4_0000, 0x8_0000, Largest];

    /// <summary>Where nRF51, whose pages have 1 KiB, keeps the bootloader's settings.</summary>
    private const uint SettingsOfNrf51 = 0x3_FC00;

    /// <summary>What Nordic's bootloader keeps in the last two pages, when an address is the first of one.</summary>
    public static string? LastPage(uint address)
    {
        foreach (var end in Ends)
        {
            if (address == end - Page) return "the bootloader settings page";
            if (address == end - (2 * Page)) return "the settings backup or MBR parameter page";
        }

        return address == SettingsOfNrf51 ? "the bootloader settings page" : null;
    }

    /// <summary>Where an image in the upper half of a chip's flash must end, which two pages at the end follow; null where that cannot be told.</summary>
    public static uint? EndOfBootloaders(uint start) => start switch
    {
        >= 0xC_0000 and < Largest => Largest - (2 * Page),
        >= 0x6_0000 and < 0x8_0000 => 0x8_0000 - (2 * Page),
        _ => null,
    };

    /// <summary>What an address above flash belongs to.</summary>
    public static string Region(uint address) => address switch
    {
        >= 0x1000_0000 and < 0x1000_1000 => "factory information (FICR)",
        >= 0x1000_1000 and < 0x1000_2000 => "user information registers (UICR)",
        >= 0x1200_0000 and < 0x1A00_0000 => "external flash (QSPI)",
        >= 0x2000_0000 and < 0x4000_0000 => "RAM",
        < 0x1000_0000 => "flash",
        _ => "no memory of these chips",
    };
}
