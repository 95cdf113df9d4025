using System.Net.Sockets;
using System.Threading.Channels;
using Dfu.Adapters.Simulated;
using Dfu.Adapters.Simulated.Time;
using Dfu.Protocol.Links;
using Dfu.Protocol.Requests;
using Linux.Bluetooth;
using Tmds.DBus;

namespace Dfu.Adapters.BlueZ.Tests.StandIn;

/// <summary>The stand-in answers Linux.Bluetooth's interfaces as BlueZ would.</summary>
#pragma warning disable CA1001 // disposed by xunit, asynchronously
public sealed class StandInTests : IAsyncLifetime
#pragma warning restore CA1001
{
    private static readonly BluetoothAddress Target = VirtualDeviceOptions.AddressFor(1, 0).Bootloader;

    private readonly SimulatedAir _air = new(new ScaledTime(50), LinkModel.Perfect, 1);
    private PrivateBus? _bus;
    private BlueZStandIn? _bluez;
    private Connection? _client;
    private StandInAdapter? _adapter;

    private BlueZStandIn BlueZ => _bluez!;

    private StandInAdapter Adapter => _adapter!;

    private string DevicePath => Adapter.PathOf(Target);

    public async Task InitializeAsync()
    {
        if (!File.Exists(PrivateBus.Daemon)) return;
        _bus = await PrivateBus.StartAsync();
        _bluez = await BlueZStandIn.StartAsync(_bus, TimeProvider.System);
        _adapter = await BlueZ.PlugInAsync(0, _air.CreateAdapter("radio", new AdapterModel { RssiJitter = 0 }));
        _air.Add(new() { ApplicationAddress = Target.Application });
        _client = new Connection(_bus.Address);
        await _client.ConnectAsync();
    }

    public async Task DisposeAsync()
    {
        _client?.Dispose();
        if (_bluez is not null) await _bluez.DisposeAsync();
        if (_bus is not null) await _bus.DisposeAsync();
        _air.Dispose();
    }

    [DbusFact]
    public async Task An_adapter_is_an_object_with_properties()
    {
        var objects = await Proxy<IObjectManager>("/").GetManagedObjectsAsync();
        var properties = await Proxy<IAdapter1>(Adapter.Path).GetAllAsync();
        Assert.Contains("org.bluez.Adapter1", objects["/org/bluez/hci0"].Keys);
        Assert.Equal((Adapter.Address.ToString(), true, false), (properties.Address, properties.Powered, properties.Discovering));
    }

    [DbusFact]
    public async Task Discovery_makes_an_object_and_tells_every_advertisement_when_asked_for_duplicates()
    {
        var rssi = await DiscoverAsync(
            new Dictionary<string, object> { ["Transport"] = "le", ["DuplicateData"] = true, ["UUIDs"] = new[] { "0000fe59-0000-1000-8000-00805f9b34fb" } });
        var first = await rssi.ReadAsync();
        var second = await rssi.ReadAsync();
        await Proxy<IAdapter1>(Adapter.Path).StopDiscoveryAsync();
        Assert.Equal(first, second);
        Assert.InRange((int)first, -66, -54);
        Assert.Equal(
            "org.freedesktop.DBus.Error.InvalidArgs",
            (await Assert.ThrowsAsync<DBusException>(() => Proxy<IDevice1>(DevicePath).GetAsync<short>("RSSI"))).ErrorName);
        Assert.Equal("DfuTarg", await Proxy<IDevice1>(DevicePath).GetAsync<string>("Name"));
    }

    [DbusFact]
    public async Task Discovery_for_another_service_finds_nobody()
    {
        var adapter = Proxy<IAdapter1>(Adapter.Path);
        var heard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Adapter.Hears = advertisement =>
        {
            heard.TrySetResult();
            return advertisement;
        };
        await adapter.SetDiscoveryFilterAsync(new Dictionary<string, object> { ["UUIDs"] = new[] { "180d" } });
        await adapter.StartDiscoveryAsync();
        await heard.Task;
        await adapter.StopDiscoveryAsync();
        Assert.Empty(await Adapter.KnownAsync());
    }

    [DbusFact]
    public async Task Discovery_is_refused_twice_for_one_client_and_while_off()
    {
        var adapter = Proxy<IAdapter1>(Adapter.Path);
        await adapter.StartDiscoveryAsync();
        var twice = await Assert.ThrowsAsync<DBusException>(adapter.StartDiscoveryAsync);
        await adapter.SetAsync("Powered", false);
        var off = await Assert.ThrowsAsync<DBusException>(adapter.StartDiscoveryAsync);
        await adapter.SetAsync("Powered", true);
        await adapter.StartDiscoveryAsync();
        Assert.Equal(("org.bluez.Error.InProgress", "org.bluez.Error.NotReady"), (twice.ErrorName, off.ErrorName));
    }

    [DbusFact]
    public async Task A_client_that_leaves_the_bus_ends_its_discovery()
    {
        using var other = new Connection(_bus!.Address);
        await other.ConnectAsync();
        var stopped = WatchAsync<bool>(Proxy<IAdapter1>(Adapter.Path).WatchPropertiesAsync, "Discovering");
        await other.CreateProxy<IAdapter1>(BlueZStandIn.ServiceName, Adapter.Path).StartDiscoveryAsync();
        Assert.True(await (await stopped).ReadAsync());
        other.Dispose();
        Assert.False(await (await stopped).ReadAsync());
    }

    [DbusFact]
    public async Task A_request_and_a_notification_go_through_sockets_and_calls()
    {
        var characteristics = await ConnectAsync();
        var control = Proxy<IGattCharacteristic1>(characteristics["8ec90001-f315-4f60-9fb8-838830daea50"]);
        var packet = Proxy<IGattCharacteristic1>(characteristics["8ec90002-f315-4f60-9fb8-838830daea50"]);
        var notify = await control.AcquireNotifyAsync(new Dictionary<string, object>());
        var write = await packet.AcquireWriteAsync(new Dictionary<string, object>());
        using var notifications = new Socket(new SafeSocketHandle(notify.fd.DangerousGetHandle(), true));
        using var packets = new Socket(new SafeSocketHandle(write.fd.DangerousGetHandle(), true));
        notify.fd.SetHandleAsInvalid();
        write.fd.SetHandleAsInvalid();
        Assert.Equal((247, true, true), ((int)write.mtu, await control.GetAsync<bool>("NotifyAcquired"), await packet.GetAsync<bool>("WriteAcquired")));
        Assert.Equal(
            "org.bluez.Error.NotPermitted",
            (await Assert.ThrowsAsync<DBusException>(() => packet.WriteValueAsync([1], new Dictionary<string, object>()))).ErrorName);

        await control.WriteValueAsync([OpCode.Create, 1, 20, 0, 0, 0], Request);
        Assert.Equal([0x60, OpCode.Create, 1], await ReceiveAsync(notifications));
        await packets.SendAsync(new byte[12]);
        await packets.SendAsync(new byte[8]);
        await control.WriteValueAsync([OpCode.GetCrc], Request);
        var crc = await ReceiveAsync(notifications);
        Assert.Equal([0x60, OpCode.GetCrc, 1], crc[..3]);

        await Adapter.DropAsync(Target);
        Assert.Equal(0, await notifications.ReceiveAsync(new byte[20]));
        Assert.False(await Proxy<IDevice1>(DevicePath).GetAsync<bool>("Connected"));
        Assert.Equal(
            "org.freedesktop.DBus.Error.UnknownObject",
            (await Assert.ThrowsAsync<DBusException>(() => control.WriteValueAsync([OpCode.GetCrc], Request))).ErrorName);
    }

    [DbusFact]
    public async Task A_notification_is_a_changed_value_for_those_who_asked_by_call()
    {
        var control = Proxy<IGattCharacteristic1>((await ConnectAsync())["8ec90001-f315-4f60-9fb8-838830daea50"]);
        var values = await WatchAsync<byte[]>(control.WatchPropertiesAsync, "Value");
        await control.StartNotifyAsync();
        await control.WriteValueAsync([OpCode.Create, 1, 20, 0, 0, 0], Request);
        Assert.Equal([0x60, OpCode.Create, 1], await values.ReadAsync());
        Assert.True(await control.GetAsync<bool>("Notifying"));
    }

    [DbusFact]
    public async Task An_att_error_is_told_as_bluez_words_it()
    {
        var control = Proxy<IGattCharacteristic1>((await ConnectAsync())["8ec90001-f315-4f60-9fb8-838830daea50"]);
        var refused = await Assert.ThrowsAsync<DBusException>(() => control.WriteValueAsync([OpCode.GetCrc], Request)); // notifications are off
        Assert.Equal(("org.bluez.Error.Failed", "Operation failed with ATT error: 0xfd"), (refused.ErrorName, refused.ErrorMessage));
    }

    [DbusFact]
    public async Task A_removed_device_has_no_object_and_no_link()
    {
        await ConnectAsync();
        var adapter = Proxy<IAdapter1>(Adapter.Path);
        await adapter.RemoveDeviceAsync(DevicePath);
        Assert.Empty(await Adapter.KnownAsync());
        Assert.DoesNotContain(
            (await Proxy<IObjectManager>("/").GetManagedObjectsAsync()).Keys, path => path.ToString().StartsWith(DevicePath, StringComparison.Ordinal));
        Assert.Equal("org.bluez.Error.DoesNotExist", (await Assert.ThrowsAsync<DBusException>(() => adapter.RemoveDeviceAsync(DevicePath))).ErrorName);
    }

    [DbusFact]
    public async Task Faults_are_told_as_many_times_as_asked()
    {
        await DiscoverAsync(new Dictionary<string, object>());
        var device = Proxy<IDevice1>(DevicePath);
        BlueZ.Faults.Fail("Connect", Faults.Failed, "le-connection-abort-by-local", times: 2);
        for (var i = 0; i < 2; i++) Assert.Equal("le-connection-abort-by-local", (await Assert.ThrowsAsync<DBusException>(device.ConnectAsync)).ErrorMessage);
        await device.ConnectAsync();
        Assert.True(await device.GetAsync<bool>("Connected"));
        BlueZ.Faults.Hang("Get");
        var hanging = device.GetAsync<bool>("Connected");
        await BlueZ.Faults.CalledAsync("Get", 2);
        await device.DisconnectAsync();
        Assert.False(hanging.IsCompleted);
        Assert.Equal(3, BlueZ.Faults.Calls("Connect", DevicePath));
    }

    [DbusFact]
    public async Task Bluetoothd_dies_and_returns_without_its_devices()
    {
        await ConnectAsync();
        await BlueZ.DieAsync();
        await Assert.ThrowsAsync<DBusException>(() => Proxy<IDevice1>(DevicePath).GetAsync<bool>("Connected"));
        await BlueZ.ReturnAsync();
        Assert.True(await Proxy<IAdapter1>(Adapter.Path).GetAsync<bool>("Powered"));
        await ConnectAsync();
    }

    [DbusFact]
    public async Task The_bus_dies_and_both_come_back()
    {
        await _bus!.KillAsync();
        await BlueZ.Died;
        await _bus.StartAgainAsync();
        await BlueZ.ReturnAsync();
        _client!.Dispose();
        _client = new Connection(_bus.Address);
        await _client.ConnectAsync();
        await ConnectAsync();
    }

    [DbusFact]
    public async Task The_bus_counts_what_is_listened_for()
    {
        // By a name that anybody may take over, a client listens for the owner as well.
        var owner = await _client!.ResolveServiceOwnerAsync(BlueZStandIn.ServiceName);
        var before = await _bus!.MatchRulesAsync();
        var watch = await _client.CreateProxy<IAdapter1>(owner, Adapter.Path).WatchPropertiesAsync(static _ => { });
        Assert.Equal(before + 1, await _bus.MatchRulesAsync());
        watch.Dispose();
    }

    [DbusFact]
    public async Task A_dongle_comes_back_under_another_number()
    {
        await ConnectAsync();
        await BlueZ.PullOutAsync(Adapter);
        Assert.DoesNotContain(
            (await Proxy<IObjectManager>("/").GetManagedObjectsAsync()).Keys,
            static path => path.ToString().StartsWith("/org/bluez/hci", StringComparison.Ordinal));
        _adapter = await BlueZ.PlugInAsync(3, _air.CreateAdapter("again", new AdapterModel()));
        await ConnectAsync();
        Assert.StartsWith("/org/bluez/hci3/dev_", DevicePath, StringComparison.Ordinal);
    }

    private static Dictionary<string, object> Request => new() { ["type"] = "request" };

    private static async Task<byte[]> ReceiveAsync(Socket socket)
    {
        var buffer = new byte[64];
        return buffer[..await socket.ReceiveAsync(buffer)];
    }

    private static async Task<ChannelReader<T>> WatchAsync<T>(Func<Action<PropertyChanges>, Task<IDisposable>> watch, string property)
    {
        var values = Channel.CreateUnbounded<T>();
        await watch(changes =>
        {
            foreach (var (name, value) in changes.Changed)
            {
                if (name == property) values.Writer.TryWrite((T)value);
            }
        });
        return values.Reader;
    }

    private T Proxy<T>(ObjectPath path) where T : IDBusObject => _client!.CreateProxy<T>(BlueZStandIn.ServiceName, path);

    /// <summary>Returns, still discovering, when the device has an object.</summary>
    private async Task<ChannelReader<short>> DiscoverAsync(Dictionary<string, object> filter)
    {
        var found = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var watch = await Proxy<IObjectManager>("/").WatchInterfacesAddedAsync(added =>
        {
            if (added.@object == DevicePath) found.TrySetResult();
        });
        var adapter = Proxy<IAdapter1>(Adapter.Path);
        await adapter.SetDiscoveryFilterAsync(filter);
        await adapter.StartDiscoveryAsync();
        await found.Task;
        return await WatchAsync<short>(Proxy<IDevice1>(DevicePath).WatchPropertiesAsync, "RSSI");
    }

    /// <summary>Paths of the resolved device's characteristics by UUID.</summary>
    private async Task<Dictionary<string, ObjectPath>> ConnectAsync()
    {
        await DiscoverAsync(new Dictionary<string, object>());
        var device = Proxy<IDevice1>(DevicePath);
        var resolved = await WatchAsync<bool>(device.WatchPropertiesAsync, "ServicesResolved");
        await device.ConnectAsync();
        Assert.True(await resolved.ReadAsync());
        await Proxy<IAdapter1>(Adapter.Path).StopDiscoveryAsync();
        return (await Proxy<IObjectManager>("/").GetManagedObjectsAsync())
            .Where(static found => found.Value.ContainsKey(StandInCharacteristic.Interface))
            .ToDictionary(static found => (string)found.Value[StandInCharacteristic.Interface]["UUID"], static found => found.Key);
    }
}
