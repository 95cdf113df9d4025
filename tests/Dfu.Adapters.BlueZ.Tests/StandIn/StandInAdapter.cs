using Dfu.Adapters.BlueZ.Tests.StandIn.Wire;
using Dfu.Protocol.Links;

namespace Dfu.Adapters.BlueZ.Tests.StandIn;

/// <summary>A radio shown as <c>/org/bluez/hciN</c>, with the devices it knows.</summary>
#pragma warning disable CA1001 // a scan is disposed when it ends
internal sealed partial class StandInAdapter
#pragma warning restore CA1001
{
    public const string Interface = "org.bluez.Adapter1";

    private readonly Dictionary<string, StandInDevice> _devices = new(StringComparer.Ordinal);

    internal StandInAdapter(BlueZStandIn service, int index, IAdapter radio)
    {
        (Service, Index, Radio) = (service, index, radio);
        Path = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/org/bluez/hci{index}");
    }

    public int Index { get; }

    public string Path { get; }

    /// <summary>The radio's own, else one made from the index.</summary>
    public BluetoothAddress Address => Radio.Address ?? new BluetoothAddress(0x02_FE_00_00_00_00ul + (ulong)Index);

    /// <summary>What this radio makes of what it hears: another advertisement, or null for silence. Set before discovery.</summary>
    public Func<Advertisement, Advertisement?> Hears { get; set; } = static advertisement => advertisement;

    /// <summary>Which of a device's characteristics this adapter shows: not all when BlueZ remembers those of an earlier firmware.</summary>
    public Func<DfuCharacteristic, bool> Shows { get; set; } = static _ => true;

    public IAdapter Radio { get; }

    internal BlueZStandIn Service { get; }

    internal BusObjects Objects => Service.Objects;

    internal bool Powered { get; private set; } = true;

    /// <summary>One connect at a time: the kernel queues them.</summary>
    internal SemaphoreSlim ConnectTurn { get; } = new(1);

    public string PathOf(BluetoothAddress device) => $"{Path}/dev_{device.ToString().Replace(':', '_')}";

    /// <summary>Powers it off or on by other hands than the client's, such as rfkill or bluetoothctl.</summary>
    public Task SetPoweredAsync(bool on) => Service.Loop.InvokeAsync(() => PowerAsync(on));

    /// <summary>A link drops: Connected becomes false.</summary>
    public Task DropAsync(BluetoothAddress device) => Service.Loop.InvokeAsync(() => Find(device).DisconnectAsync());

    /// <summary>A device's object and all below it go away, as when another client removes it; so does its link.</summary>
    public Task VanishAsync(BluetoothAddress device) => Service.Loop.InvokeAsync(() => RemoveAsync(Find(device)));

    /// <summary>Paths of the devices that have an object now.</summary>
    public Task<string[]> KnownAsync() => Service.Loop.InvokeAsync<string[]>(() => [.. _devices.Keys]);

    /// <summary>Links that are open now.</summary>
    public Task<int> LinksAsync() => Service.Loop.InvokeAsync(() => _devices.Values.Count(static device => device.IsConnected));

    internal void Show()
    {
        Powered = true;
        Objects.Add(Path, Interface, new()
        {
            ["Address"] = Address.ToString(),
            ["AddressType"] = "public",
            ["Name"] = "stand-in",
            ["Alias"] = "stand-in",
            ["Class"] = 0u,
            ["Powered"] = true,
            ["Discoverable"] = false,
            ["DiscoverableTimeout"] = 180u,
            ["Pairable"] = false,
            ["PairableTimeout"] = 0u,
            ["Discovering"] = false,
            ["UUIDs"] = (string[])[GattTable.Full(0x1800), GattTable.Full(0x1801)],
            ["Modalias"] = "usb:v1D6Bp0246d0542",
            ["Roles"] = (string[])["central"],
        });
    }

    /// <summary>Its object and those below go away, its links close, its discovery ends.</summary>
    internal async Task HideAsync()
    {
        await EndDiscoveryAsync();
        foreach (var device in _devices.Values.ToList()) await RemoveAsync(device);
        Objects.Remove(Path);
    }

    internal void OnClientGone(string client)
    {
        foreach (var device in _devices.Values) device.OnClientGone(client);
        _ = ForgetClientAsync(client);
    }

    internal Task<Reply> HandleAsync(DBusMessage call)
    {
        if (call.Path != Path)
        {
            var device = _devices.Values.FirstOrDefault(
                device => call.Path == device.Path || call.Path.StartsWith(device.Path + "/", StringComparison.Ordinal));
            return device?.HandleAsync(call) ?? throw BusObjects.Unknown(call.Member, call.Signature, call.Interface);
        }

        return (call.Interface, call.Member) switch
        {
            (Interface, "SetDiscoveryFilter") => SetFilterAsync(call),
            (Interface, "GetDiscoveryFilters") => Task.FromResult(new Reply("as", [DiscoveryFilter.Names])),
            (Interface, "StartDiscovery") => StartDiscoveryAsync(call),
            (Interface, "StopDiscovery") => StopDiscoveryAsync(call),
            (Interface, "RemoveDevice") => RemoveDeviceAsync((string)call.Body[0]),
            (Interface, "ConnectDevice") when Service.Options.Experimental => ConnectDeviceAsync((Dictionary<string, object>)call.Body[0]),
            (BusObjects.PropertiesInterface, "Set") => SetAsync((string)call.Body[1], call.Body[2]),
            _ =>
                throw new BusError(
                    "org.freedesktop.DBus.Error.UnknownMethod",
                    $"Method \"{call.Member}\" with signature \"{call.Signature}\" on interface \"{call.Interface}\" doesn't exist\n"),
        };
    }

    internal void RequirePower()
    {
        if (!Powered) throw new BusError("org.bluez.Error.NotReady", "Resource Not Ready");
    }

    internal async Task RemoveAsync(StandInDevice device)
    {
        if (!_devices.Remove(device.Path)) return;
        device.Forget();
        await device.DisconnectAsync();
        Objects.RemoveWithChildren(device.Path);
    }

    private StandInDevice Find(BluetoothAddress device) =>
        _devices.TryGetValue(PathOf(device), out var found) ? found : throw new InvalidOperationException($"{Path} does not know {device}");

    private async Task<Reply> RemoveDeviceAsync(string path)
    {
        if (!_devices.TryGetValue(path, out var device)) throw new BusError("org.bluez.Error.DoesNotExist", "Does Not Exist");
        RequirePower();
        if (device.IsConnected) await Task.Delay(Service.Options.DisconnectDelay, Service.Time);
        await RemoveAsync(device);
        return Reply.Nothing;
    }

    private async Task<Reply> ConnectDeviceAsync(Dictionary<string, object> properties)
    {
        RequirePower();
        if (!properties.TryGetValue("Address", out var text) || !BluetoothAddress.TryParse(text as string, out var address))
            throw new BusError("org.bluez.Error.InvalidArguments", "Invalid arguments in method call");
        var type = properties.TryGetValue("AddressType", out var named) && named is "random" ? AddressType.Random : AddressType.Public;
        if (_devices.ContainsKey(PathOf(address))) throw new BusError("org.bluez.Error.AlreadyExists", "Already Exists");
        var device = new StandInDevice(this, address, type);
        try
        {
            // The object appears with the connection.
            await device.ConnectAsync(() => Know(device, new(address, type, 0, "", DfuService: false, Connectable: true)));
        }
        catch (BusError)
        {
            throw new BusError("org.bluez.Failed", "");
        }

        return new("o", [device.Path]);
    }

    private async Task<Reply> SetAsync(string property, object value)
    {
        switch (property)
        {
            case "Powered":
                await PowerAsync((bool)value);
                break;
            case "Alias":
                Objects.Set(Path, ("Alias", (string)value));
                break;
            default:
                throw new BusError("org.freedesktop.DBus.Error.PropertyReadOnly", $"Property '{property}' is not writable");
        }

        return Reply.Nothing;
    }

    private async Task PowerAsync(bool on)
    {
        if (Powered == on) return;
        Powered = on;
        if (!on)
        {
            await EndDiscoveryAsync();
            foreach (var device in _devices.Values.ToList()) await device.DisconnectAsync();
        }

        Objects.Set(Path, ("Powered", on));
    }
}
