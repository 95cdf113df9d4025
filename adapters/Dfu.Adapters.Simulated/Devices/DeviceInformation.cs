using System.Globalization;
using System.Text;
using Dfu.Protocol.Links;

namespace Dfu.Adapters.Simulated.Devices;

/// <summary>The Device Information service of an application: which characteristics it has, and what they say.</summary>
internal static class DeviceInformation
{
    /// <param name="updated">Version of the application that came by an update; null before the first.</param>
    public static IReadOnlyDictionary<Guid, byte[]> Of(VirtualDeviceOptions options, uint? updated)
    {
        var all = new Dictionary<Guid, byte[]>();
        if (options.FirmwareRevision is { } revision)
        {
            var told = updated is { } version && !options.KeepsRevision ? version.ToString(CultureInfo.InvariantCulture) : revision;
            all[BluetoothUuid.FirmwareRevision] = Encoding.UTF8.GetBytes(told);
        }

        if (options.HardwareRevision is { } hardware) all[BluetoothUuid.HardwareRevision] = Encoding.UTF8.GetBytes(hardware);
        return all;
    }
}
