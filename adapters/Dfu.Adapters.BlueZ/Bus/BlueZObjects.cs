using Dfu.Protocol.Errors;
using Dfu.Protocol.Timing;
using Linux.Bluetooth;
using Tmds.DBus;

namespace Dfu.Adapters.BlueZ.Bus;

/// <summary>BlueZ's objects over a connection of its own.</summary>
/// <remarks>Everything is addressed to the one bluetoothd that was there at the start, so that nothing meant for it reaches its successor.</remarks>
internal sealed class BlueZObjects : IBlueZObjects, IDisposable
{
    public const string Root = "/org/bluez";
    public const string Adapter = "org.bluez.Adapter1";
    public const string Device = "org.bluez.Device1";

    /// <summary>Objects read at once: the system bus lets a connection await 128 answers, and links need some.</summary>
    internal const int MostReads = 32;

    private readonly SemaphoreSlim _reads = new(MostReads, MostReads);
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly Connection _bus;
    private readonly string _owner;
    private readonly ChangePump _pump = new();
    private readonly Follows _follows;
    private readonly TaskCompletionSource<string> _ended;
    private readonly ObjectMirror _mirror = new();
    private readonly Dictionary<string, IDisposable> _adapters = new(StringComparer.Ordinal);
    private List<Action>? _early = [];

    private BlueZObjects(Connection bus, string owner, TaskCompletionSource<string> ended, TimeProvider time)
    {
        (_bus, _owner, _ended, _time) = (bus, owner, ended, time);
        _follows = new(path => bus.CreateProxy<IProperties>(owner, path), OnChanged, OnLost);
    }

    public Task<string> Ended => _ended.Task;

    /// <summary>Connects and reads all objects; at most some 20 s.</summary>
    /// <exception cref="DfuException">AdapterNotFound: no bus, no bluetoothd, or not permitted.</exception>
    public static async Task<BlueZObjects> OpenAsync(string address, TimeProvider time, CancellationToken cancellationToken)
    {
        var ended = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        Connection? bus = null;
        try
        {
            bus = await BusOpening.ConnectAsync(address, time, cancellationToken);
            bus.StateChanged += (_, state) => End(ended, state);
            var owner = await BusOpening.OwnerAsync(bus, time, cancellationToken);
            var objects = new BlueZObjects(bus, owner, ended, time);
            await objects.LoadAsync(cancellationToken);
            return objects;
        }
        catch (Exception e)
        {
            bus?.Dispose();
            if (e is DfuException || !e.IsBusTrouble()) throw;
            throw BusOpening.Missing(e);
        }
    }

    /// <summary>From now on adapters keep the bonds they make; see <see cref="PairingAgent"/>. Throws only when it is cancelled.</summary>
    public Task RegisterAgentAsync(CancellationToken cancellationToken) => PairingAgent.RegisterAsync(_bus, _owner, _time, cancellationToken);

    public BlueZObject? Find(ObjectPath path)
    {
        lock (_gate) return _mirror.Find(path);
    }

    public IReadOnlyList<BlueZObject> Below(ObjectPath path)
    {
        lock (_gate) return _mirror.Below(path);
    }

    public IDisposable OnChange(ObjectPath path, Action<BlueZChange> handler) => _pump.Subscribe(path, handler);

    public async Task<IDisposable> FollowAsync(ObjectPath path, string @interface, CancellationToken cancellationToken)
    {
        var (follower, arranged) = _follows.Take(path);
        try
        {
            await arranged.AnsweredAsync(BlueZTimes.Answer, _time, cancellationToken);
            await ReadAsync(path, @interface, cancellationToken);
            return follower;
        }
        catch
        {
            follower.Dispose();
            throw;
        }
    }

    public T Proxy<T>(ObjectPath path) where T : IDBusObject => _bus.CreateProxy<T>(_owner, path);

    public void Dispose()
    {
        _ended.TrySetResult("this host has let go of the bus");
        _bus.Dispose();
    }

    private static void End(TaskCompletionSource<string> ended, ConnectionStateChangedEventArgs state)
    {
        if (state.State is ConnectionState.Disconnecting or ConnectionState.Disconnected)
            ended.TrySetResult($"the D-Bus connection was lost{(state.DisconnectReason is { } e ? $": {e.GetBaseException().Message}" : "")}");
    }

    /// <summary>Arranges every watch before it reads, and keeps what is told meanwhile for after it: told later, it is newer.</summary>
    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        await _bus.ResolveServiceOwnerAsync(BusOpening.Service, OnOwner, OnLost).AnsweredAsync(BlueZTimes.Answer, _time, cancellationToken);
        var manager = Proxy<IObjectManager>(ObjectPath.Root);
        await manager.WatchInterfacesAddedAsync(added => Told(() => OnAdded(added.@object, added.interfaces)), OnLost)
            .AnsweredAsync(BlueZTimes.Answer, _time, cancellationToken);
        await manager.WatchInterfacesRemovedAsync(removed => Told(() => OnRemoved(removed.@object, removed.interfaces)), OnLost)
            .AnsweredAsync(BlueZTimes.Answer, _time, cancellationToken);
        var all = await manager.GetManagedObjectsAsync().AnsweredAsync(BlueZTimes.Answer, _time, cancellationToken);
        lock (_gate)
        {
            foreach (var (path, interfaces) in all) OnAdded(path, interfaces);
            var early = _early!;
            _early = null;
            foreach (var change in early) change();
        }
    }

    private void Told(Action change)
    {
        lock (_gate)
        {
            if (_early is not null) _early.Add(change);
            else change();
        }
    }

    private void OnAdded(ObjectPath path, IDictionary<string, IDictionary<string, object>> interfaces)
    {
        // Other services' object managers may be at the same path.
        if (!ObjectMirror.IsBelow(path, Root)) return;
        foreach (var change in _mirror.Added(path, interfaces)) _pump.Post(change);
        if (interfaces.ContainsKey(Adapter) && !_adapters.ContainsKey(path.ToString()))
        {
            _adapters[path.ToString()] = Nothing.Instance;
            _ = Background.Start("follow an adapter", () => FollowAdapterAsync(path));
        }
    }

    private void OnRemoved(ObjectPath path, string[] interfaces)
    {
        foreach (var change in _mirror.Removed(path, interfaces)) _pump.Post(change);
        if (interfaces.Contains(Adapter) && _adapters.Remove(path.ToString(), out var follower))
            ThreadPool.UnsafeQueueUserWorkItem(static follower => follower.Dispose(), follower, preferLocal: false);
    }

    private void OnChanged(ObjectPath path, string name, IDictionary<string, object> changed, string[] invalidated)
    {
        lock (_gate)
        {
            if (_mirror.Changed(path, name, changed, invalidated) is { } change) _pump.Post(change);
        }
    }

    private void OnOwner(ServiceOwnerChangedEventArgs change)
    {
        if (change.NewOwner != _owner) _ended.TrySetResult(change.NewOwner is null ? "bluetoothd has ended" : "bluetoothd was restarted");
    }

    private void OnLost(Exception e) => _ended.TrySetResult($"the D-Bus connection was lost: {e.GetBaseException().Message}");

    private async Task ReadAsync(ObjectPath path, string name, CancellationToken cancellationToken)
    {
        await _reads.WaitAsync(cancellationToken);
        ObjectMirror.Reading reading;
        lock (_gate) reading = _mirror.BeginReading(path, name);
        IDictionary<string, object>? answer = null;
        try
        {
            answer = await Proxy<IProperties>(path).GetAllAsync(name).AnsweredAsync(BlueZTimes.Answer, _time, cancellationToken);
        }
        finally
        {
            _reads.Release();
            lock (_gate)
            {
                if (_mirror.EndReading(reading, answer) is { } change) _pump.Post(change);
            }
        }
    }

    private async Task FollowAdapterAsync(ObjectPath path)
    {
        try
        {
            var follower = await FollowAsync(path, Adapter, CancellationToken.None);
            lock (_gate)
            {
                if (_adapters.ContainsKey(path.ToString())) (_adapters[path.ToString()], follower) = (follower, Nothing.Instance);
            }

            follower.Dispose();
        }
        catch (Exception e)
        {
            // It has gone again, or the bus has: both are told of in their own way.
            Background.Overlook("follow an adapter", e);
            lock (_gate) _adapters.Remove(path.ToString());
        }
    }

    private sealed class Nothing : IDisposable
    {
        public static readonly Nothing Instance = new();

        public void Dispose()
        {
        }
    }
}
