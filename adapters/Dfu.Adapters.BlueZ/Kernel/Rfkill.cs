using System.Globalization;

namespace Dfu.Adapters.BlueZ.Kernel;

/// <summary>A switch that turns Bluetooth off.</summary>
/// <param name="Name">hciN for a controller's own, otherwise what the driver calls it.</param>
/// <param name="Controller">The controller whose own it is; null for a switch of the whole machine.</param>
/// <param name="Soft">Blocked by software: <c>rfkill unblock bluetooth</c> lifts it.</param>
/// <param name="Hard">Blocked by a switch or by the firmware: no software lifts it.</param>
public sealed record RfkillSwitch(string Name, int? Controller, bool Soft, bool Hard);

/// <summary>The kernel's radio switches, read from sysfs: needs no permission.</summary>
public static class Rfkill
{
    /// <param name="sysfs">Where sysfs is mounted.</param>
    /// <returns>Those of Bluetooth, by name; empty where the kernel has none.</returns>
    public static IReadOnlyList<RfkillSwitch> List(string sysfs = "/sys")
    {
        try
        {
            return
            [
                .. Directory.EnumerateFileSystemEntries(Path.Combine(sysfs, "class/rfkill"), "rfkill*")
                    .Select(Read).OfType<RfkillSwitch>().OrderBy(static entry => entry.Name, StringComparer.Ordinal),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static RfkillSwitch? Read(string entry)
    {
        try
        {
            if (Text(entry, "type") != "bluetooth") return null;
            var name = Text(entry, "name");
            var own = name.StartsWith("hci", StringComparison.Ordinal)
                && ushort.TryParse(name[3..], NumberStyles.None, CultureInfo.InvariantCulture, out var index)
                ? (int?)index
                : null;
            return new(name, own, Text(entry, "soft") == "1", Text(entry, "hard") == "1");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // pulled out while being looked at
        }
    }

    private static string Text(string entry, string file) => File.ReadAllText(Path.Combine(entry, file)).Trim();
}
