using Tmds.DBus;

namespace Linux.Bluetooth;

// BlueZ 5.66, doc/adapter-api.txt, device-api.txt and gatt-api.txt, under the names that the package Linux.Bluetooth gives them: -p:LinuxBluetooth=true
// leaves this file out and takes the package's. Parameters keep the names there, for a call with named arguments must compile against both.

/// <summary>All objects of bluetoothd, at the path <c>/</c>.</summary>
[DBusInterface("org.freedesktop.DBus.ObjectManager")]
internal interface IObjectManager : IDBusObject
{
    Task<IDictionary<ObjectPath, IDictionary<string, IDictionary<string, object>>>> GetManagedObjectsAsync();
    Task<IDisposable> WatchInterfacesAddedAsync(
        Action<(ObjectPath @object, IDictionary<string, IDictionary<string, object>> interfaces)> handler, Action<Exception>? onError = null);
    Task<IDisposable> WatchInterfacesRemovedAsync(Action<(ObjectPath @object, string[] interfaces)> handler, Action<Exception>? onError = null);
}

/// <summary>A controller. Members fail with a <see cref="DBusException"/> whose name begins with <c>org.bluez.Error.</c>.</summary>
[DBusInterface("org.bluez.Adapter1")]
internal interface IAdapter1 : IDBusObject
{
    Task StartDiscoveryAsync();
    Task SetDiscoveryFilterAsync(IDictionary<string, object> Properties);
    Task StopDiscoveryAsync();
    Task RemoveDeviceAsync(ObjectPath Device);
    Task<string[]> GetDiscoveryFiltersAsync();
    Task<T> GetAsync<T>(string prop);
    Task<Adapter1Properties> GetAllAsync();
    Task SetAsync(string prop, object val);
    Task<IDisposable> WatchPropertiesAsync(Action<PropertyChanges> handler);
}

/// <summary>A device as one controller sees it.</summary>
[DBusInterface("org.bluez.Device1")]
internal interface IDevice1 : IDBusObject
{
    Task DisconnectAsync();
    Task ConnectAsync();
    Task ConnectProfileAsync(string UUID);
    Task DisconnectProfileAsync(string UUID);
    Task PairAsync();
    Task CancelPairingAsync();
    Task<T> GetAsync<T>(string prop);
    Task<Device1Properties> GetAllAsync();
    Task SetAsync(string prop, object val);
    Task<IDisposable> WatchPropertiesAsync(Action<PropertyChanges> handler);
}

/// <summary>A characteristic of a device that is connected.</summary>
[DBusInterface("org.bluez.GattCharacteristic1")]
internal interface IGattCharacteristic1 : IDBusObject
{
    Task<byte[]> ReadValueAsync(IDictionary<string, object> Options);
    Task WriteValueAsync(byte[] Value, IDictionary<string, object> Options);

    /// <summary>A SEQPACKET socket, whose owner is the caller, and the ATT MTU in bytes: a datagram is a write without response.</summary>
    Task<(CloseSafeHandle fd, ushort mtu)> AcquireWriteAsync(IDictionary<string, object> Options);
    Task<(CloseSafeHandle fd, ushort mtu)> AcquireNotifyAsync(IDictionary<string, object> Options);
    Task StartNotifyAsync();
    Task StopNotifyAsync();
    Task<T> GetAsync<T>(string prop);
    Task<GattCharacteristic1Properties> GetAllAsync();
    Task SetAsync(string prop, object val);
    Task<IDisposable> WatchPropertiesAsync(Action<PropertyChanges> handler);
}

/// <summary>As many of a controller's properties as anybody asks for at once. The library fills in fields and knows nothing of properties.</summary>
[Dictionary]
internal sealed class Adapter1Properties
{
    private string? _Address;
    private bool _Powered;
    private bool _Discovering;

    public string? Address { get => _Address; set => _Address = value; }
    public bool Powered { get => _Powered; set => _Powered = value; }
    public bool Discovering { get => _Discovering; set => _Discovering = value; }
}

/// <inheritdoc cref="Adapter1Properties"/>
[Dictionary]
internal sealed class Device1Properties;

/// <inheritdoc cref="Adapter1Properties"/>
[Dictionary]
internal sealed class GattCharacteristic1Properties;
