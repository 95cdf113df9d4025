using System.Collections.Concurrent;
using System.Collections.Immutable;
using Dfu.Adapters.BlueZ.Bus;
using Dfu.Adapters.BlueZ.Kernel;
using Dfu.Protocol.Links;
using Tmds.DBus;

namespace Dfu.Adapters.BlueZ.Tests.Links;

/// <summary>BlueZ's objects without a bus: changes are told at once, on the thread that makes them.</summary>
internal sealed class FakeBlueZ : IBlueZObjects
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SortedDictionary<string, BlueZObject> _objects = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(Type Type, string Path), object> _proxies = new();
    private readonly List<(string Path, Action<BlueZChange> Handler)> _handlers = [];
    private readonly Dictionary<(string Path, string Name), (string Name, object Value)[]> _untold = [];
    private int _follows;

    public Task<string> Ended => _ended.Task;

    /// <summary>Handlers and follows that nobody has let go of.</summary>
    public int Held
    {
        get
        {
            lock (_gate) return _handlers.Count + _follows;
        }
    }

    public void End(string reason) => _ended.TrySetResult(reason);

    public void Serve<T>(ObjectPath path, T proxy) where T : class => _proxies[(typeof(T), path.ToString())] = proxy;

    public void Set(ObjectPath path, string name, params (string Name, object Value)[] properties)
    {
        BlueZObject? before;
        BlueZObject after;
        lock (_gate)
        {
            before = _objects.GetValueOrDefault(path.ToString());
            var interfaces = (before?.Interfaces ?? ImmutableDictionary<string, IReadOnlyDictionary<string, object>>.Empty)
                .ToDictionary(i => i.Key, i => i.Value);
            var now = interfaces.GetValueOrDefault(name)?.ToDictionary(p => p.Key, p => p.Value) ?? [];
            foreach (var (property, value) in properties) now[property] = value;
            interfaces[name] = now;
            after = new BlueZObject(path, interfaces);
            _objects[path.ToString()] = after;
        }

        Tell(new BlueZChange(path, before, after, name, before is null ? [] : [.. properties.Select(p => p.Name)]));
    }

    /// <summary>BlueZ changes properties and tells nobody: only who asks learns of it.</summary>
    public void SetUntold(ObjectPath path, string name, params (string Name, object Value)[] properties)
    {
        lock (_gate) _untold[(path.ToString(), name)] = properties;
    }

    public void Remove(ObjectPath path)
    {
        BlueZObject? before;
        lock (_gate) _objects.Remove(path.ToString(), out before);
        if (before is not null) Tell(new BlueZChange(path, before, null, before.Interfaces.Keys.First(), []));
    }

    public BlueZObject? Find(ObjectPath path)
    {
        lock (_gate) return _objects.GetValueOrDefault(path.ToString());
    }

    public IReadOnlyList<BlueZObject> Below(ObjectPath path)
    {
        lock (_gate) return [.. _objects.Where(o => o.Key.StartsWith(path + "/", StringComparison.Ordinal)).Select(o => o.Value)];
    }

    public IDisposable OnChange(ObjectPath path, Action<BlueZChange> handler)
    {
        lock (_gate) _handlers.Add((path.ToString(), handler));
        return new LetGo(() =>
        {
            lock (_gate) _handlers.Remove((path.ToString(), handler));
        });
    }

    /// <summary>An object that is gone when it is to be followed, before anybody is told.</summary>
    public ObjectPath? GoneUntold { get; set; }

    /// <summary>What following waits for.</summary>
    public Task FollowGate { get; set; } = Task.CompletedTask;

    public async Task<IDisposable> FollowAsync(ObjectPath path, string @interface, CancellationToken cancellationToken)
    {
        await FollowGate;
        if (path == GoneUntold) lock (_gate) _objects.Remove(path.ToString());
        (string, object)[]? untold;
        lock (_gate) _untold.Remove((path.ToString(), @interface), out untold);
        if (untold is not null) Set(path, @interface, untold);
        if (Find(path) is not { } now) throw new DBusException("org.freedesktop.DBus.Error.UnknownObject", $"no {path}");
        lock (_gate) _follows++;

        // Its properties are read afresh, and told like changes.
        if (now.Interfaces.TryGetValue(@interface, out var properties)) Tell(new BlueZChange(path, now, now, @interface, [.. properties.Keys]));
        return new LetGo(() =>
        {
            lock (_gate) _follows--;
        });
    }

    public T Proxy<T>(ObjectPath path) where T : IDBusObject => (T)_proxies[(typeof(T), path.ToString())];

    private void Tell(BlueZChange change)
    {
        Action<BlueZChange>[] handlers;
        lock (_gate) handlers = [.. _handlers.Where(h => $"{change.Path}/".StartsWith(h.Path + "/", StringComparison.Ordinal)).Select(h => h.Handler)];
        foreach (var handler in handlers) handler(change);
    }
}

internal sealed class LetGo(Action action) : IDisposable
{
    private int _done;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _done, 1) == 0) action();
    }
}

internal sealed class FakeKernel : IKernelBluetooth
{
    public event Action<int, BluetoothAddress, byte>? Disconnected;

    public event Action<int, BluetoothAddress?, byte>? ConnectFailed;

    public bool MayConfigure { get; set; } = true;

    public bool MayMonitor { get; set; }

    public LinkParameters? Parameters { get; set; }

    public int Listeners => (Disconnected?.GetInvocationList().Length ?? 0) + (ConnectFailed?.GetInvocationList().Length ?? 0);

    public void Tell(int index, BluetoothAddress peer, byte reason) => Disconnected?.Invoke(index, peer, reason);

    public void TellRefusal(int index, BluetoothAddress? peer, byte status) => ConnectFailed?.Invoke(index, peer, status);

    public LinkParameters? InForce(int index, BluetoothAddress peer) => Parameters;

    public Task<ControllerAbilities?> AbilitiesAsync(int index, CancellationToken cancellationToken) => Task.FromResult<ControllerAbilities?>(null);

    public Task<bool> SetPoweredAsync(int index, bool on, CancellationToken cancellationToken) => Task.FromResult(false);

    public Task<bool> PreferAsync(int index, BluetoothAddress peer, AddressType type, LinkParameters parameters, CancellationToken cancellationToken) =>
        Task.FromResult(false);

    public Task<bool> Prefer2MAsync(int index, CancellationToken cancellationToken) => Task.FromResult(false);

    public bool ResetUsb(UsbPlace place) => false;

    public void Dispose()
    {
    }
}
