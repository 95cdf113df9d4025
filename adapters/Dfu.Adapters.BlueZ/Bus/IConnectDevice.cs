using Tmds.DBus;

namespace Dfu.Adapters.BlueZ.Bus;

/// <summary>What an adapter has only where bluetoothd runs with <c>--experimental</c>.</summary>
[DBusInterface("org.bluez.Adapter1")]
internal interface IConnectDevice : IDBusObject
{
    /// <summary>Connects to a device there is no object for yet.</summary>
    /// <param name="properties"><c>Address</c> and <c>AddressType</c>.</param>
    Task<ObjectPath> ConnectDeviceAsync(IDictionary<string, object> properties);
}
