using System.Diagnostics.CodeAnalysis;

namespace Dfu.Adapters.Simulated;

/// <summary>Flash of a chip: sizes in bytes, times from the product specifications.</summary>
public sealed record ChipModel
{
    public const int PageSize = 4096;

    /// <summary>Room for the bootloader, 24 KiB, on both chips as Nordic's examples lay it out.</summary>
    internal const int BootloaderRoom = 0x6000;

    public required string Name { get; init; }
    public required TimeSpan PageErase { get; init; }
    public required TimeSpan WordWrite { get; init; }

    /// <summary>Where the application begins, behind the SoftDevice.</summary>
    public required int ApplicationStart { get; init; }

    /// <summary>Room for applications, from <see cref="ApplicationStart"/> to the pages kept free below the bootloader.</summary>
    public required int ApplicationRoom { get; init; }

    /// <summary>85 ms a page, 41 µs a word; S140 ends at 0x27000, bootloader at 0xF8000, three pages kept free.</summary>
    public static ChipModel Nrf52840 { get; } = new()
    {
        Name = "nrf52840",
        PageErase = TimeSpan.FromMilliseconds(85),
        WordWrite = TimeSpan.FromMicroseconds(41),
        ApplicationStart = 0x27000,
        ApplicationRoom = 0xF8000 - 0x3000 - 0x27000,
    };

    /// <summary>89.7 ms a page, 67.5 µs a word; S132 ends at 0x26000, bootloader at 0x78000, three pages kept free.</summary>
    public static ChipModel Nrf52832 { get; } = new()
    {
        Name = "nrf52832",
        PageErase = TimeSpan.FromMilliseconds(89.7),
        WordWrite = TimeSpan.FromMicroseconds(67.5),
        ApplicationStart = 0x26000,
        ApplicationRoom = 0x78000 - 0x3000 - 0x26000,
    };

    /// <summary>The layout of <see cref="Nrf52840"/> with flash that takes no time.</summary>
    public static ChipModel Instant { get; } = Nrf52840 with { Name = "instant", PageErase = TimeSpan.Zero, WordWrite = TimeSpan.Zero };

    public static bool TryParse(string? name, [NotNullWhen(true)] out ChipModel? chip)
    {
        chip = name switch
        {
            "nrf52840" => Nrf52840,
            "nrf52832" => Nrf52832,
            "instant" => Instant,
            _ => null,
        };
        return chip is not null;
    }

    internal TimeSpan WriteTime(int bytes) => WordWrite * ((bytes + 3) / 4);

    internal static int Pages(int bytes) => (bytes + PageSize - 1) / PageSize;
}
