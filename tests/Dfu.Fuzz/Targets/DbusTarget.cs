using Dfu.Adapters.BlueZ.Bus;
using Dfu.Adapters.BlueZ.Kernel;
using Dfu.Adapters.BlueZ.Links;
using Dfu.Adapters.BlueZ.Radio;
using Dfu.Adapters.Simulated.Time;
using Dfu.Fuzz.Engine;
using Dfu.Protocol.Errors;
using Tmds.DBus;

namespace Dfu.Fuzz.Targets;

/// <summary>
/// What BlueZ tells over D-Bus: objects that come and go, properties that change, with values of the types that they have, of others, and of none.
/// </summary>
internal sealed class DbusTarget : IFuzzTarget
{
    private static readonly ObjectPath[] Paths =
    [
        "/org/bluez/hci0", "/org/bluez/hci0/dev_C0_98_76_54_32_10", "/org/bluez/hci0/dev_C0_98_76_54_32_10/service0010",
        "/org/bluez/hci0/dev_C0_98_76_54_32_10/service0010/char0011", "/org/bluez/hci0/dev_C0_98_76_54_32_10/service0010/char0014",
        "/org/bluez/hci0/x", "/",
    ];

    private static readonly string[] Interfaces =
        [BlueZObjects.Adapter, BlueZObjects.Device, "org.bluez.GattService1", Characteristics.Interface, "org.freedesktop.DBus.Properties", ""];

    private static readonly string[] Names =
    [
        "Address", "AddressType", "Name", "Alias", "RSSI", "UUIDs", "ServiceData", "Connected", "ServicesResolved", "Paired", "Bonded", "Powered", "Roles",
        "Discovering", "UUID", "Flags", "Value", "MTU", "ManufacturerData", "TxPower", "",
    ];

    private static readonly string[] Texts =
    [
        "C0:98:76:54:32:10", "C0-98-76-54-32-10", "random", "public", "DfuTarg", Characteristics.DfuService, "8ec90001-f315-4f60-9fb8-838830daea50",
        "8EC90002-F315-4F60-9FB8-838830DAEA50", "8e400001-f315-4f60-9fb8-838830daea50", "00002a26-0000-1000-8000-00805f9b34fb", "read", "notify", "central", "",
    ];

    public string Name => "dbus";

    public int Longest => 1024;

    public IEnumerable<byte[]> Seeds
    {
        get
        {
            byte[] device = [0, 1, 1, 1, 5, 0, 0, 0, 1, 0, 2, 4, 3, 0xC3, 0xFF, 5, 1, 1, 5, 7, 2, 0];
            yield return device;
            yield return
            [
                .. device, 0, 3, 3, 3, 2, 14, 0, 6, 15, 1, 1, 10, 0, 4, 3, 3, 1, 14, 0, 7, 1, 1, 1, 1, 1, 7, 2, 1, 0, 2, 3, 3, 3, 1, 16, 4, 2, 1, 1, 0, 3, 1, 1,
            ];
        }
    }

    public void Run(byte[] input)
    {
        var feed = new Feed(input);
        var objects = new Told();
        var time = new VirtualTime();
        time.Run(async () =>
        {
            DeviceWatch? watch = null;
            while (!feed.IsEmpty)
            {
                objects.Take(feed);
                try
                {
                    watch ??= objects.Find(Paths[1]) is null ? null : await DeviceWatch.StartAsync(objects, new SilentKernel(), 0, Paths[1], time, default);
                }
                catch (DfuException e)
                {
                    Flaw.UnlessOneLine(e.Message);
                }

                if (watch is null) continue;
                watch.ValueTold ??= static (_, value) => Flaw.If(value is null, "a value that is none was told");
                Flaw.If(watch.Connected != watch.ToldConnected, "the watch says something else than BlueZ told");
                Flaw.If(watch.Dropped && objects.Find(Paths[1]) is not null && watch.Connected && !watch.IsOver, "over, and not over");
            }

            watch?.Dispose();
        });
    }

    private static object? Value(Feed feed, int depth) => (feed.Byte() % 14) switch
    {
        0 => feed.Choose(Texts),
        1 => Enumerable.Range(0, feed.Byte() % 8).Select(_ => feed.Choose(Texts)).ToArray(),
        2 => feed.Flag(),
        3 => (short)feed.U16(),
        4 => feed.Block(),
        5 => feed.U16(),
        6 => feed.U32(),
        7 => feed.Text(),
        8 => (byte)feed.Byte(),
        9 when depth < 3 => Properties(feed, depth + 1),
        10 => new Dictionary<ushort, object> { [feed.U16()] = feed.Block() },
        11 => new ObjectPath("/" + feed.Byte()),
        12 => new[] { feed.Block(), feed.Block() },
        _ => (long)feed.U32(),
    };

    private static Dictionary<string, object> Properties(Feed feed, int depth)
    {
        var properties = new Dictionary<string, object>();
        for (var left = feed.Byte() % 8; left > 0; left--) properties[depth > 1 ? feed.Choose(Texts) : feed.Choose(Names)] = Value(feed, depth)!;
        return properties;
    }

    /// <summary>BlueZ's objects by what the input says was told of them.</summary>
    private sealed class Told : IBlueZObjects
    {
        private readonly ObjectMirror _mirror = new();
        private readonly List<Action<BlueZChange>> _handlers = [];
        private ObjectMirror.Reading? _reading;

        public Task<string> Ended { get; } = new TaskCompletionSource<string>().Task;

        public BlueZObject? Find(ObjectPath path) => _mirror.Find(path);

        public IReadOnlyList<BlueZObject> Below(ObjectPath path) => _mirror.Below(path);

        public IDisposable OnChange(ObjectPath path, Action<BlueZChange> handler)
        {
            Action<BlueZChange> own = change =>
            {
                if (change.Path == path || ObjectMirror.IsBelow(change.Path, path)) handler(change);
            };
            _handlers.Add(own);
            return new Ending(() => _handlers.Remove(own));
        }

        public Task<IDisposable> FollowAsync(ObjectPath path, string @interface, CancellationToken cancellationToken) =>
            Task.FromResult<IDisposable>(new Ending(static () => { }));

        public T Proxy<T>(ObjectPath path)
            where T : IDBusObject => throw new DfuException(DfuError.AdapterLost, "nobody answers");

        public void Take(Feed feed)
        {
            var how = feed.Byte() % 5;
            var path = feed.Choose(Paths);
            switch (how)
            {
                case 0:
                    var interfaces = new Dictionary<string, IDictionary<string, object>>();
                    for (var left = 1 + (feed.Byte() % 2); left > 0; left--) interfaces[feed.Choose(Interfaces)] = Properties(feed, 0);
                    foreach (var change in _mirror.Added(path, interfaces)) Tell(change);
                    break;
                case 1:
                    var (name, properties) = (feed.Choose(Interfaces), Properties(feed, 0));
                    string[] gone = [.. Enumerable.Range(0, feed.Byte() % 3).Select(_ => feed.Choose(Names))];
                    if (_mirror.Changed(path, name, properties, gone) is { } told) Tell(told);
                    break;
                case 2:
                    foreach (var change in _mirror.Removed(path, [feed.Choose(Interfaces)])) Tell(change);
                    break;
                case 3:
                    _reading ??= _mirror.BeginReading(path, feed.Choose(Interfaces));
                    break;
                default:
                    if (_reading is { } reading && _mirror.EndReading(reading, feed.Flag() ? Properties(feed, 0) : null) is { } read) Tell(read);
                    _reading = null;
                    break;
            }
        }

        private void Tell(BlueZChange change)
        {
            foreach (var handler in _handlers.ToArray()) handler(change);
            if (DeviceAdvertisement.TryHear(change, out var heard))
                Flaw.If(heard.Address != DeviceAdvertisement.AddressOf(change.After!), "heard of another device");
            if (change.After is { } after && after.Has(BlueZObjects.Device))
            {
                _ = DeviceAdvertisement.TypeOf(after);
                _ = DeviceAdvertisement.IsBonded(after);
            }

            var below = Below(Paths[1]);
            var found = Characteristics.Of(below);
            _ = Characteristics.Suffice(found);
            _ = Characteristics.Readable(below);
            _ = Characteristics.ArePromised(Find(Paths[1]), below);
            _ = Characteristics.AreStale(Find(Paths[1]), below);
        }
    }

    private sealed class Ending(Action action) : IDisposable
    {
        public void Dispose() => action();
    }

    /// <summary>Tells reasons, of which none come.</summary>
    private sealed class SilentKernel : IKernelBluetooth
    {
        public event Action<int, Protocol.Links.BluetoothAddress, byte>? Disconnected
        {
            add { }
            remove { }
        }

        public bool MayConfigure => true;

        public bool MayMonitor => true;

        public LinkParameters? InForce(int index, Protocol.Links.BluetoothAddress peer) => null;

        public Task<ControllerAbilities?> AbilitiesAsync(int index, CancellationToken cancellationToken) => Task.FromResult<ControllerAbilities?>(null);

        public Task<bool> SetPoweredAsync(int index, bool on, CancellationToken cancellationToken) => Task.FromResult(false);

        public Task<bool> PreferAsync(
            int index, Protocol.Links.BluetoothAddress peer, Adapters.AddressType type, LinkParameters parameters, CancellationToken cancellationToken) =>
            Task.FromResult(false);

        public Task<bool> Prefer2MAsync(int index, CancellationToken cancellationToken) => Task.FromResult(false);

        public bool ResetUsb(Adapters.BlueZ.UsbPlace place) => false;

        public void Dispose()
        {
        }
    }
}
