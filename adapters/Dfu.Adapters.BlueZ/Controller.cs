using System.Globalization;
using Dfu.Protocol.Links;

namespace Dfu.Adapters.BlueZ;

/// <summary>Where a dongle is plugged in.</summary>
/// <param name="Port">Bus and ports as sysfs writes them: <c>1-1.2</c>.</param>
/// <param name="Node">Its device file, which a reset goes through: <c>/dev/bus/usb/001/004</c>.</param>
/// <param name="Product">What the device says of itself, empty when it says nothing.</param>
public sealed record UsbPlace(string Port, string Node, ushort VendorId, ushort ProductId, string Product);

/// <summary>A Bluetooth controller as the kernel shows it at this moment.</summary>
/// <param name="Index">The number in hciN; another one after it was plugged in again.</param>
/// <param name="Usb">Null for controllers behind a UART or in a virtual machine.</param>
/// <param name="Address">Null where the kernel does not say without asking the controller.</param>
public sealed record Controller(int Index, UsbPlace? Usb, BluetoothAddress? Address)
{
    /// <summary>The name that stays: the USB port where there is one, else hciN.</summary>
    public string Id => Usb is { } usb ? $"{BlueZSpec.Prefix}usb-{usb.Port}" : $"{BlueZSpec.Prefix}{Name}";

    /// <summary>hciN</summary>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"hci{Index}");
}
