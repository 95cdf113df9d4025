namespace Dfu.Fleet.Devices;

/// <summary>Erases of a device's flash that updates have cost, over all campaigns that are known. Flash of nRF5 chips is made for 10,000 of each page.</summary>
/// <param name="Pages">Erases of pages that hold firmware, all pages together.</param>
/// <param name="Settings">Erases of the bootloader settings page, the one that is erased most; its backup has as many.</param>
/// <param name="Updates">Updates that were activated.</param>
public readonly record struct DeviceWear(long Pages, long Settings, int Updates)
{
    /// <summary>Erases of one page that its flash is made for.</summary>
    public const int Endurance = 10_000;

    /// <summary>From so many on there is a warning.</summary>
    public const int Warning = 9_000;

    public static DeviceWear operator -(DeviceWear a, DeviceWear b) => new(a.Pages - b.Pages, a.Settings - b.Settings, a.Updates - b.Updates);

    public static DeviceWear operator +(DeviceWear a, DeviceWear b) => new(a.Pages + b.Pages, a.Settings + b.Settings, a.Updates + b.Updates);
}
