using System.Runtime.CompilerServices;
using Tmds.DBus;

[assembly: InternalsVisibleTo(Connection.DynamicAssemblyName)]

namespace Dfu.Adapters.BlueZ.Bus;

/// <summary>Properties of whichever interface: one proxy type and one match rule for all interfaces of an object.</summary>
[DBusInterface("org.freedesktop.DBus.Properties", GetAllPropertiesMethod = "", GetPropertyMethod = "", SetPropertyMethod = "", WatchPropertiesMethod = "")]
internal interface IProperties : IDBusObject
{
    Task<IDictionary<string, object>> GetAllAsync(string @interface);

    Task<IDisposable> WatchPropertiesChangedAsync(
        Action<(string Interface, IDictionary<string, object> Changed, string[] Invalidated)> handler, Action<Exception> onError);
}
