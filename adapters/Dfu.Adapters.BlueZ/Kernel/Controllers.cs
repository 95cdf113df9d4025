using System.Globalization;
using Dfu.Protocol.Links;

namespace Dfu.Adapters.BlueZ.Kernel;

/// <summary>The controllers the kernel has now, read from sysfs: needs no bus and no permission.</summary>
public static class Controllers
{
    /// <param name="sysfs">Where sysfs is mounted.</param>
    /// <returns>By index; empty where the kernel has no Bluetooth.</returns>
    public static IReadOnlyList<Controller> List(string sysfs = "/sys")
    {
        try
        {
            var entries = Directory.EnumerateFileSystemEntries(Path.Combine(sysfs, "class/bluetooth"));
            return [.. entries.Select(Read).OfType<Controller>().OrderBy(static controller => controller.Index)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static Controller? Read(string entry)
    {
        // Links are listed beside controllers, as hci0:64.
        var name = Path.GetFileName(entry);
        if (!name.StartsWith("hci", StringComparison.Ordinal) || !ushort.TryParse(name[3..], NumberStyles.None, CultureInfo.InvariantCulture, out var index))
            return null;
        return new(
            index, UsbOf(Path.Combine(entry, "device")), BluetoothAddress.TryParse(Text(Path.Combine(entry, "address")), out var address) ? address : null);
    }

    /// <summary>The controller hangs below a USB interface (1-1.2:1.0), which lies below the device (1-1.2).</summary>
    private static UsbPlace? UsbOf(string link)
    {
        try
        {
            var place = new DirectoryInfo(link).ResolveLinkTarget(returnFinalTarget: true)?.FullName;
            for (var folder = place; folder is { Length: > 1 }; folder = Path.GetDirectoryName(folder))
            {
                if (!File.Exists(Path.Combine(folder, "devnum"))) continue;
                var (bus, device) = (Number(folder, "busnum", NumberStyles.Integer), Number(folder, "devnum", NumberStyles.Integer));
                return new(
                    Path.GetFileName(folder),
                    string.Create(CultureInfo.InvariantCulture, $"/dev/bus/usb/{bus:000}/{device:000}"),
                    Number(folder, "idVendor", NumberStyles.HexNumber),
                    Number(folder, "idProduct", NumberStyles.HexNumber),
                    Text(Path.Combine(folder, "product")) ?? "");
            }
        }
        catch (IOException)
        {
            // It was pulled out while being looked at.
        }

        return null;
    }

    private static ushort Number(string folder, string file, NumberStyles style) =>
        ushort.TryParse(Text(Path.Combine(folder, file)), style, CultureInfo.InvariantCulture, out var value) ? value : (ushort)0;

    private static string? Text(string file)
    {
        try
        {
            return File.ReadAllText(file).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
