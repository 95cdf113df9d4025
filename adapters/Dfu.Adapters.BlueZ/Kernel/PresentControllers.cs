using Dfu.Protocol.Links;

namespace Dfu.Adapters.BlueZ.Kernel;

/// <summary>The controllers that are there with their own addresses, which newer kernels no longer tell in sysfs: asks each, and needs no permission.</summary>
public static class PresentControllers
{
    // struct hci_dev_info: dev_id u16, name char[8], then the address, lowest byte first.
    private const int AddressOffset = 10;
    private const int AddressLength = 6;

    public static IReadOnlyList<Controller> List(string sysfs = "/sys") => List(sysfs, new HciSockets());

    internal static IReadOnlyList<Controller> List(string sysfs, IHciSockets sockets) =>
        [.. Controllers.List(sysfs)
            .Select(controller => controller.Address is null ? controller with { Address = AddressOf(controller.Index, sockets) } : controller)];

    /// <returns>Null when the controller has none of its own, as some do before they are set up.</returns>
    private static BluetoothAddress? AddressOf(int index, IHciSockets sockets)
    {
        Span<byte> info = stackalloc byte[DeviceInfo.Size];
        if (!sockets.TryReadDeviceInfo(index, info)) return null;
        var address = info.Slice(AddressOffset, AddressLength);
        if (!address.ContainsAnyExcept((byte)0)) return null;
        address.Reverse();
        return BluetoothAddress.TryRead(address, out var own) ? own : null;
    }
}
