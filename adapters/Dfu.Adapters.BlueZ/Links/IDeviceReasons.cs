using Tmds.DBus;

namespace Dfu.Adapters.BlueZ.Links;

/// <summary>What BlueZ 5.80 and later say when a device disconnects; older ones never send it.</summary>
[DBusInterface("org.bluez.Device1")]
internal interface IDeviceReasons : IDBusObject
{
    /// <summary>
    /// Names are <c>org.bluez.Reason.Timeout</c>, <c>.Local</c>, <c>.Remote</c>, <c>.Authentication</c>, <c>.Suspend</c> and <c>.Unknown</c>.
    /// </summary>
    Task<IDisposable> WatchDisconnectedAsync(Action<(string Name, string Message)> handler, Action<Exception> onError);
}
