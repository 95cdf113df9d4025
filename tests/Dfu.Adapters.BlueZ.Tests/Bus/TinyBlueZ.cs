using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Dfu.Adapters.BlueZ.Bus;
using Dfu.Adapters.BlueZ.Tests.StandIn;
using Linux.Bluetooth;
using Tmds.DBus;

[assembly: InternalsVisibleTo(Connection.DynamicAssemblyName)]

namespace Dfu.Adapters.BlueZ.Tests.Bus;

/// <summary>As much of bluetoothd as its object list: objects with properties that come, change and go.</summary>
internal sealed class TinyBlueZ : IObjectManager
{
    private readonly Connection _connection;
    private readonly ConcurrentDictionary<ObjectPath, TinyObject> _objects = new();

    private TinyBlueZ(Connection connection) => _connection = connection;

    public event Action<(ObjectPath @object, IDictionary<string, IDictionary<string, object>> interfaces)>? Added;

    public event Action<(ObjectPath @object, string[] interfaces)>? Removed;

    public ObjectPath ObjectPath => ObjectPath.Root;

    /// <summary>Run when all objects are asked for, before the answer.</summary>
    public Func<Task> BeforeAnswer { get; set; } = () => Task.CompletedTask;

    /// <summary>Run when the properties of an object are asked for, before the answer.</summary>
    public Func<Task> BeforeProperties { get; set; } = () => Task.CompletedTask;

    public static async Task<TinyBlueZ> StartAsync(PrivateBus bus)
    {
        var connection = new Connection(bus.Address);
        await connection.ConnectAsync();
        var self = new TinyBlueZ(connection);
        await connection.RegisterObjectAsync(self);
        await connection.RegisterServiceAsync("org.bluez");
        return self;
    }

    public Task RegisterAsync(IDBusObject other) => _connection.RegisterObjectAsync(other);

    public void Stop() => _connection.Dispose();

    public async Task<TinyObject> AddAsync(string path, string name, params (string Name, object Value)[] properties)
    {
        var added = new TinyObject(path, name, properties.ToDictionary(p => p.Name, p => p.Value), () => BeforeProperties());
        await _connection.RegisterObjectAsync(added);
        _objects[path] = added;
        Added?.Invoke((path, added.Interfaces));
        return added;
    }

    public void Remove(TinyObject gone)
    {
        _objects.TryRemove(gone.ObjectPath, out _);
        _connection.UnregisterObject(gone.ObjectPath);
        Removed?.Invoke((gone.ObjectPath, [.. gone.Interfaces.Keys]));
    }

    public async Task<IDictionary<ObjectPath, IDictionary<string, IDictionary<string, object>>>> GetManagedObjectsAsync()
    {
        var answer = _objects.ToDictionary(o => o.Key, o => o.Value.Interfaces);
        await BeforeAnswer();
        return answer;
    }

    public Task<IDisposable> WatchInterfacesAddedAsync(
        Action<(ObjectPath @object, IDictionary<string, IDictionary<string, object>> interfaces)> handler, Action<Exception>? onError = null) =>
        SignalWatcher.AddAsync(this, nameof(Added), handler);

    public Task<IDisposable> WatchInterfacesRemovedAsync(Action<(ObjectPath @object, string[] interfaces)> handler, Action<Exception>? onError = null) =>
        SignalWatcher.AddAsync(this, nameof(Removed), handler);
}

internal sealed class TinyObject(ObjectPath path, string name, Dictionary<string, object> properties, Func<Task> beforeAnswer) : IProperties
{
    private readonly Lock _gate = new();

    public event Action<(string Interface, IDictionary<string, object> Changed, string[] Invalidated)>? Changed;

    public ObjectPath ObjectPath => path;

    public IDictionary<string, IDictionary<string, object>> Interfaces
    {
        get
        {
            lock (_gate) return new Dictionary<string, IDictionary<string, object>> { [name] = new Dictionary<string, object>(properties) };
        }
    }

    public void Set(string property, object value)
    {
        SetSilently(property, value);
        Changed?.Invoke((name, new Dictionary<string, object> { [property] = value }, []));
    }

    /// <summary>As if the signal had been before anybody listened.</summary>
    public void SetSilently(string property, object value)
    {
        lock (_gate) properties[property] = value;
    }

    public void Invalidate(string property)
    {
        lock (_gate) properties.Remove(property);
        Changed?.Invoke((name, new Dictionary<string, object>(), [property]));
    }

    public async Task<IDictionary<string, object>> GetAllAsync(string @interface)
    {
        await beforeAnswer();
        return Interfaces[@interface];
    }

    public Task<IDisposable> WatchPropertiesChangedAsync(
        Action<(string Interface, IDictionary<string, object> Changed, string[] Invalidated)> handler, Action<Exception> onError) =>
        SignalWatcher.AddAsync(this, nameof(Changed), handler);
}

[DBusInterface("test.Descriptors")]
internal interface IDescriptors : IDBusObject
{
    Task<CloseSafeHandle> OpenAsync(int number);
}

/// <summary>Hands out a descriptor of a file of its own for each number.</summary>
/// <param name="around">Run before and after each.</param>
internal sealed class Descriptors(Action around) : IDescriptors, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("dfu-descriptors-");

    public ObjectPath ObjectPath => "/test";

    public static string Text(int number) => $"file {number}";

    public async Task<CloseSafeHandle> OpenAsync(int number)
    {
        around();
        var name = Path.Combine(_folder.FullName, $"{number}");
        await File.WriteAllTextAsync(name, Text(number));
        var file = File.OpenHandle(name);
        var descriptor = new CloseSafeHandle(file.DangerousGetHandle(), ownsHandle: true);
        file.SetHandleAsInvalid();
        around();
        return descriptor;
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
