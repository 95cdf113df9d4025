using Dfu.Adapters.BlueZ.Tests.StandIn.Wire;

namespace Dfu.Adapters.BlueZ.Tests.StandIn;

/// <summary>
/// A service org.bluez whose adapters are any radios, behaving as BlueZ 5.66 does where that matters to a client. Members may be called from any
/// thread.
/// </summary>
internal sealed class BlueZStandIn : IAsyncDisposable
{
    public const string ServiceName = "org.bluez";

    private readonly PrivateBus _bus;
    private readonly List<StandInAdapter> _adapters = [];
    private ServiceConnection? _connection;
    private TaskCompletionSource _died = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private BlueZStandIn(PrivateBus bus, TimeProvider time, StandInOptions options) => (_bus, Time, Options) = (bus, time, options);

    public Faults Faults { get; } = new();

    public StandInOptions Options { get; }

    /// <summary>Completes when it has left the bus, by <see cref="DieAsync"/> or because the bus died.</summary>
    public Task Died => _died.Task;

    /// <summary>Who registered an agent last: its bus name, path and capability.</summary>
    public (string Owner, string Path, string Capability)? Agent { get; private set; }

    internal TimeProvider Time { get; }

    internal EventLoop Loop { get; } = new();

    internal BusObjects Objects { get; } = new();

    public static async Task<BlueZStandIn> StartAsync(PrivateBus bus, TimeProvider time, StandInOptions? options = null)
    {
        var service = new BlueZStandIn(bus, time, options ?? new());
        await service.ReturnAsync();
        return service;
    }

    /// <summary>A dongle is plugged in and becomes hciN, powered. It is opened here and stays open until it is pulled out or lost.</summary>
    public Task<StandInAdapter> PlugInAsync(int index, IAdapterSource source) => Loop.InvokeAsync(async () =>
    {
        var adapter = new StandInAdapter(this, index, await source.OpenAsync(CancellationToken.None));
        _adapters.Add(adapter);
        if (_connection is not null) adapter.Show();
        WatchLoss(adapter);
        return adapter;
    });

    public Task PullOutAsync(StandInAdapter adapter) => Loop.InvokeAsync(() => RemoveAsync(adapter));

    /// <summary>bluetoothd is killed: its name, its objects and its links are gone at once, without a word about them.</summary>
    public Task DieAsync() => Loop.InvokeAsync(EndAsync);

    /// <summary>bluetoothd is started again, on a bus that runs; it has the same adapters and knows no devices.</summary>
    public Task ReturnAsync() => Loop.InvokeAsync(async () =>
    {
        if (_connection is not null) throw new InvalidOperationException("it is running");
        Objects.Clear();
        _died = new(TaskCreationOptions.RunContinuationsAsynchronously);
        ServiceConnection? opened = null;
        opened = await ServiceConnection.OpenAsync(
            _bus.SocketPath, ServiceName, message => Loop.Post(() => Take(opened, message)), () => Loop.Post(() => OnBusGone(opened)));
        _connection = Objects.Bus = opened;
        Objects.Add("/org/bluez", "org.bluez.AgentManager1", []);
        foreach (var adapter in _adapters) adapter.Show();
    });

    public async ValueTask DisposeAsync()
    {
        await Loop.InvokeAsync(async () =>
        {
            await EndAsync();
            foreach (var adapter in _adapters) await adapter.Radio.DisposeAsync();
            _adapters.Clear();
        });
        Loop.Dispose();
    }

    private async void WatchLoss(StandInAdapter adapter)
    {
        await adapter.Radio.Lost;
        await RemoveAsync(adapter);
    }

    private async Task RemoveAsync(StandInAdapter adapter)
    {
        if (!_adapters.Remove(adapter)) return;
        await adapter.HideAsync();
        await adapter.Radio.DisposeAsync();
    }

    private void OnBusGone(ServiceConnection? connection)
    {
        if (_connection == connection) _ = EndAsync(); // without its bus bluetoothd exits
    }

    private async Task EndAsync()
    {
        if (_connection is not { } connection) return;
        _connection = Objects.Bus = null;
        connection.Dispose();
        Objects.Clear();
        foreach (var adapter in _adapters.ToList()) await adapter.HideAsync();
        _died.TrySetResult();
    }

    private void Take(ServiceConnection? connection, DBusMessage message)
    {
        if (connection is null || connection != _connection) return;
        if (message.Kind == MessageKind.Call) Serve(connection, message);
        else if (message is { Member: "NameOwnerChanged", Body: [string name, _, ""] }) _adapters.ForEach(adapter => adapter.OnClientGone(name));
    }

    private async void Serve(ServiceConnection connection, DBusMessage call)
    {
        try
        {
            var reply = await Faults.ApplyAsync(call, () => HandleAsync(call));
            connection.Answer(call, reply);
        }
        catch (BusError e)
        {
            connection.Refuse(call, e.Name, e.Message);
        }
        catch (Exception e)
        {
            connection.Refuse(call, "org.freedesktop.DBus.Error.Failed", $"the stand-in failed: {e}");
        }
    }

    private Task<Reply> HandleAsync(DBusMessage call) => (call.Interface, call.Member) switch
    {
        (BusObjects.Manager, "GetManagedObjects") => Task.FromResult(new Reply("a{oa{sa{sv}}}", [Objects.All()])),
        (BusObjects.PropertiesInterface, "GetAll") => Task.FromResult(new Reply("a{sv}", [Objects.PropertiesOf(call.Path, (string)call.Body[0])])),
        (BusObjects.PropertiesInterface, "Get") => Task.FromResult(Get(call)),
        ("org.bluez.AgentManager1", "RegisterAgent") => Task.FromResult(Register(call)),
        ("org.freedesktop.DBus.Peer", "Ping") => Task.FromResult(Reply.Nothing),
        _ when Objects.Has(call.Path)
            && _adapters.Find(adapter => call.Path == adapter.Path || call.Path.StartsWith(adapter.Path + "/", StringComparison.Ordinal)) is { } owner =>
                owner.HandleAsync(call),
        _ => throw BusObjects.Unknown(call.Member, call.Signature, call.Interface),
    };

    private Reply Register(DBusMessage call)
    {
        Agent = (call.Sender, (string)call.Body[0], (string)call.Body[1]);
        return Reply.Nothing;
    }

    private Reply Get(DBusMessage call) =>
        Objects.PropertiesOf(call.Path, (string)call.Body[0]).TryGetValue((string)call.Body[1], out var value)
            ? new("v", [value])
            : throw new BusError("org.freedesktop.DBus.Error.InvalidArgs", $"No such property '{call.Body[1]}'");
}
