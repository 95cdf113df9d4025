using System.Globalization;
using System.Text.Json.Serialization;

namespace Dfu.Fleet.Devices;

/// <summary>
/// Erases of a device's flash that updates have cost, over all campaigns that are known. Flash of nRF5 chips is made for 10,000 of each
/// page.
/// </summary>
/// <param name="Pages">Erases of pages that hold firmware, all pages together.</param>
/// <param name="Settings">Erases of the bootloader settings page, the one that is erased most; its backup has as many.</param>
/// <param name="Updates">Updates that were activated.</param>
public readonly record struct DeviceWear(long Pages, long Settings, int Updates)
{
    /// <summary>Erases of one page that its flash is made for.</summary>
    public const int Endurance = 10_000;

    /// <summary>From so many on there is a warning.</summary>
    public const int Warning = 9_000;

    /// <summary>What people should know of it, one sentence; null below <see cref="Warning"/>.</summary>
    /// <remarks>No page is erased more often than the settings page: every update erases it three times or more, and pages of firmware once or twice.</remarks>
    [JsonIgnore]
    public string? Notice => Settings < Warning ? null : string.Create(
        CultureInfo.InvariantCulture,
        $"Updates have erased its bootloader's settings page {Settings:#,0} times, and flash is made for {Endurance:#,0}: when the page fails, the device "
        + $"may not start any more. Update it seldom, or replace it.");

    public static DeviceWear operator -(DeviceWear a, DeviceWear b) => new(a.Pages - b.Pages, a.Settings - b.Settings, a.Updates - b.Updates);

    public static DeviceWear operator +(DeviceWear a, DeviceWear b) => new(a.Pages + b.Pages, a.Settings + b.Settings, a.Updates + b.Updates);
}
