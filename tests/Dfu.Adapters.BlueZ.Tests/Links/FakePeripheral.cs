using System.Runtime.InteropServices;
using Dfu.Adapters.BlueZ.Links;
using Dfu.Protocol.Links;
using Linux.Bluetooth;
using Tmds.DBus;

namespace Dfu.Adapters.BlueZ.Tests.Links;

/// <summary>A device behind <see cref="FakeBlueZ"/>, and bluetoothd's side of it: answers as 5.66 does.</summary>
internal sealed class FakePeripheral : IDevice1, IDeviceReasons
{
    public const string Device = "org.bluez.Device1";

    private Action<(string Name, string Message)>? _reasons;

    public FakePeripheral(FakeBlueZ blueZ, BluetoothAddress address, FakeKernel kernel)
    {
        (BlueZ, Address, Kernel) = (blueZ, address, kernel);
        ObjectPath = new ObjectPath($"/org/bluez/hci0/dev_{address.ToString().Replace(':', '_')}");
        blueZ.Set(
            ObjectPath, Device, ("Address", address.ToString()), ("Connected", false), ("ServicesResolved", false),
            ("UUIDs", new[] { Characteristics.DfuService }));
        blueZ.Serve<IDevice1>(ObjectPath, this);
        blueZ.Serve<IDeviceReasons>(ObjectPath, this);
        OnConnect = ConnectsAsync;
    }

    public FakeBlueZ BlueZ { get; }

    public FakeKernel Kernel { get; }

    public BluetoothAddress Address { get; }

    public ObjectPath ObjectPath { get; }

    public Func<Task> OnConnect { get; set; }

    public Func<Task>? OnDisconnect { get; set; }

    /// <summary>bluetoothd answers nothing any more.</summary>
    public bool Hangs { get; set; }

    public int Connects { get; private set; }

    public int Disconnects { get; private set; }

    public int ReasonWatchers { get; private set; }

    public List<FakeCharacteristic> Members { get; } = [];

    /// <summary>What reached bluetoothd, in its order.</summary>
    public List<string> Air { get; } = [];

    public FakeCharacteristic this[DfuCharacteristic characteristic] => Members.Single(m => m.Characteristic == characteristic);

    public static FakePeripheral Bootloader(FakeBlueZ blueZ, FakeKernel kernel, string address = "C0:98:76:54:32:11")
    {
        var device = new FakePeripheral(blueZ, BluetoothAddress.Parse(address), kernel);
        device.Members.Add(new(device, DfuCharacteristic.ControlPoint, "8ec90001-f315-4f60-9fb8-838830daea50", "write", "notify"));
        device.Members.Add(new(device, DfuCharacteristic.Packet, "8ec90002-f315-4f60-9fb8-838830daea50", "write-without-response"));
        return device;
    }

    public static FakePeripheral Application(FakeBlueZ blueZ, FakeKernel kernel)
    {
        var device = new FakePeripheral(blueZ, BluetoothAddress.Parse("C0:98:76:54:32:10"), kernel);
        device.Members.Add(new(device, DfuCharacteristic.Buttonless, "8ec90003-f315-4f60-9fb8-838830daea50", "write", "indicate"));
        return device;
    }

    /// <summary>What a healthy connect does.</summary>
    public Task ConnectsAsync()
    {
        BlueZ.Set(ObjectPath, Device, ("Connected", true));
        ShowServices();
        BlueZ.Set(ObjectPath, Device, ("ServicesResolved", true));
        return Task.CompletedTask;
    }

    public void ShowServices()
    {
        if (Members.Count > 0) BlueZ.Set($"{ObjectPath}/service000a", "org.bluez.GattService1", ("UUID", Characteristics.DfuService));
        foreach (var member in Members) member.Show();
    }

    /// <summary>The link goes. The kernel tells the reason first, as it does.</summary>
    public void Drop(byte? reason)
    {
        if (reason is { } told) Kernel.Tell(0, Address, told);
        foreach (var member in Members) member.CloseSockets();
        BlueZ.Set(ObjectPath, Device, ("ServicesResolved", false), ("Connected", false));
    }

    public void TellReason(string name) => _reasons?.Invoke((name, ""));

    public async Task ConnectAsync()
    {
        Connects++;
        await OnConnect();
    }

    public async Task DisconnectAsync()
    {
        Disconnects++;
        if (OnDisconnect is not null) await OnDisconnect();
        else if (BlueZ.Find(ObjectPath)?.Get<bool>(Device, "Connected") == true) Drop(LinkClosure.LocalHost);
        else throw new DBusException("org.bluez.Error.NotConnected", "Not Connected");
    }

    public Task<IDisposable> WatchDisconnectedAsync(Action<(string Name, string Message)> handler, Action<Exception> onError)
    {
        _reasons = handler;
        ReasonWatchers++;
        return Task.FromResult<IDisposable>(new LetGo(() => ReasonWatchers--));
    }

    public Task ConnectProfileAsync(string UUID) => throw new NotSupportedException();

    public Task DisconnectProfileAsync(string UUID) => throw new NotSupportedException();

    /// <summary>How a Pair ends.</summary>
    public Func<Task> OnPair { get; set; } = static () => Task.CompletedTask;

    public int Pairs { get; private set; }

    public async Task PairAsync()
    {
        Pairs++;
        await OnPair();
        BlueZ.Set(ObjectPath, Device, ("Paired", true), ("Bonded", true));
    }

    public Task CancelPairingAsync() => throw new NotSupportedException();

    public Task<T> GetAsync<T>(string prop) => Hangs
        ? new TaskCompletionSource<T>().Task
        : Task.FromResult(
            BlueZ.Find(ObjectPath) is { } device ? device.Get<T>(Device, prop)! : throw new DBusException("org.freedesktop.DBus.Error.UnknownObject", "gone"));

    public Task<Device1Properties> GetAllAsync() => throw new NotSupportedException();

    public Task SetAsync(string prop, object val) => throw new NotSupportedException();

    public Task<IDisposable> WatchPropertiesAsync(Action<PropertyChanges> handler) => throw new NotSupportedException();
}

internal sealed partial class FakeCharacteristic : IGattCharacteristic1, IDisposable
{
    private readonly FakePeripheral _device;
    private readonly string _uuid;
    private readonly string[] _flags;
    private SeqPacketSocket? _packets;
    private SeqPacketSocket? _notifies;

    public FakeCharacteristic(FakePeripheral device, DfuCharacteristic characteristic, string uuid, params string[] flags)
    {
        (_device, Characteristic, _uuid, _flags) = (device, characteristic, uuid, flags);
        ObjectPath = new ObjectPath($"{device.ObjectPath}/service000a/char00{(int)characteristic:x2}");
        device.BlueZ.Serve<IGattCharacteristic1>(ObjectPath, this);
    }

    public DfuCharacteristic Characteristic { get; }

    public ObjectPath ObjectPath { get; }

    public ushort? Mtu { get; set; } = 247;

    public ushort SocketMtu { get; set; } = 247;

    public byte[]? Remembered { get; set; }

    public Func<byte[], string, Task> OnWrite { get; set; } = static (_, _) => Task.CompletedTask;

    public Func<Task> OnSubscribe { get; set; } = static () => Task.CompletedTask;

    public Func<Task> OnAcquireWrite { get; set; } = static () => Task.CompletedTask;

    public int Started { get; private set; }

    public int Stopped { get; private set; }

    public int NotifiesAcquired { get; private set; }

    public void Show()
    {
        List<(string, object)> properties = [("UUID", _uuid), ("Flags", _flags)];
        if (_flags.Contains("notify")) properties.Add(("NotifyAcquired", false));
        if (Remembered is { } value) properties.Add(("Value", value));
        _device.BlueZ.Set(ObjectPath, Characteristics.Interface, [.. properties]);
    }

    /// <summary>The peripheral says something.</summary>
    public async Task SayAsync(params byte[] value)
    {
        if (_notifies is { } socket) await socket.SendAsync(value, CancellationToken.None);
        else _device.BlueZ.Set(ObjectPath, Characteristics.Interface, ("Value", value));
    }

    /// <summary>bluetoothd reads its end of the packet socket; null when there is none or ours is closed.</summary>
    public async Task<byte[]?> ReadPacketAsync()
    {
        if (_packets is not { } socket) return null;
        var packet = await socket.ReceiveAsync(new byte[1024]);
        if (packet is not null) lock (_device.Air) _device.Air.Add($"packet {Convert.ToHexString(packet)}");
        return packet;
    }

    public void Dispose() => CloseSockets();

    public void CloseSockets()
    {
        _packets?.Dispose();
        _notifies?.Dispose();
        (_packets, _notifies) = (null, null);
    }

    public Func<Task<byte[]>> OnRead { get; set; } = static () => throw new DBusException("org.bluez.Error.NotPermitted", "Read not permitted");

    public Task<byte[]> ReadValueAsync(IDictionary<string, object> Options) => OnRead();

    public async Task WriteValueAsync(byte[] Value, IDictionary<string, object> Options)
    {
        lock (_device.Air) _device.Air.Add($"{Options["type"]} {Convert.ToHexString(Value)}");
        await OnWrite(Value, (string)Options["type"]);
    }

    public async Task<(CloseSafeHandle fd, ushort mtu)> AcquireWriteAsync(IDictionary<string, object> Options)
    {
        await OnAcquireWrite();
        var (ours, theirs) = Pair();
        _packets = new SeqPacketSocket(theirs);
        return (ours, SocketMtu);
    }

    public async Task<(CloseSafeHandle fd, ushort mtu)> AcquireNotifyAsync(IDictionary<string, object> Options)
    {
        NotifiesAcquired++;
        await OnSubscribe();
        var (ours, theirs) = Pair();
        _notifies = new SeqPacketSocket(theirs);
        return (ours, SocketMtu);
    }

    public Task StartNotifyAsync()
    {
        Started++;
        return OnSubscribe();
    }

    public Task StopNotifyAsync()
    {
        Stopped++;
        return Task.CompletedTask;
    }

    public Task<T> GetAsync<T>(string prop) => prop == "MTU" && Mtu is { } mtu
        ? Task.FromResult((T)(object)mtu)
        : Task.FromException<T>(new DBusException("org.freedesktop.DBus.Error.InvalidArgs", $"No such property '{prop}'"));

    public Task<GattCharacteristic1Properties> GetAllAsync() => throw new NotSupportedException();

    public Task SetAsync(string prop, object val) => throw new NotSupportedException();

    public Task<IDisposable> WatchPropertiesAsync(Action<PropertyChanges> handler) => throw new NotSupportedException();

    private static unsafe (CloseSafeHandle Ours, CloseSafeHandle Theirs) Pair()
    {
        const int Unix = 1, SeqPacket = 5, CloseOnExec = 0x80000;
        var files = stackalloc int[2];
        Assert.Equal(0, SocketPair(Unix, SeqPacket | CloseOnExec, 0, files));
        return (new CloseSafeHandle(files[0], ownsHandle: true), new CloseSafeHandle(files[1], ownsHandle: true));
    }

    [LibraryImport("libc", EntryPoint = "socketpair")]
    private static unsafe partial int SocketPair(int domain, int type, int protocol, int* files);
}
