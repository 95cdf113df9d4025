using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Dfu.Adapters.BlueZ.Kernel;

/// <summary>Resets a USB device through its device file, which needs permission to write it.</summary>
internal static unsafe partial class UsbReset
{
    /// <returns>False when the node is none of a USB device, is gone or may not be written.</returns>
    public static bool Try(string node)
    {
        if (!OperatingSystem.IsLinux() || !Node().IsMatch(node)) return false;
        using var file = Libc.Open(node, Libc.O_WRONLY | Libc.O_CLOEXEC | Libc.O_NOFOLLOW);
        if (file.IsInvalid) return false;

        // It was there when it was opened: when it is gone afterwards it was reset and has to be enumerated again.
        return Libc.Control(file, Libc.USBDEVFS_RESET, null) == 0 || Marshal.GetLastPInvokeError() == Libc.ENODEV;
    }

    [GeneratedRegex(@"\A/dev/bus/usb/[0-9]{3}/[0-9]{3}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Node();
}
