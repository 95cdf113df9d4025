using Dfu.Adapters.BlueZ.Tests.StandIn.Wire;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Adapters.BlueZ.Tests.StandIn;

/// <summary>A device object of one adapter, connected or not.</summary>
#pragma warning disable CA1001 // a connect disposes what cancels it
internal sealed partial class StandInDevice(StandInAdapter adapter, BluetoothAddress address, AddressType type)
#pragma warning restore CA1001
{
    public const string Interface = "org.bluez.Device1";

    private CancellationTokenSource? _connecting;
    private bool _temporary = true;
    private bool _forgotten;
    private ITimer? _disappears;
    private short _rssi;
    private string _name = "";

    public string Path { get; } = adapter.PathOf(address);

    public bool IsConnected => Link is not null;

    internal IDfuLink? Link { get; private set; }

    internal StandInAdapter Adapter => adapter;

    private BlueZStandIn Service => adapter.Service;

    private BusObjects Objects => adapter.Objects;

    public void Show(Advertisement heard)
    {
        (_rssi, _name) = ((short)heard.Rssi, heard.Name);
        var properties = new Dictionary<string, Variant>
        {
            ["Address"] = address.ToString(),
            ["AddressType"] = type == AddressType.Random ? "random" : "public",
            ["Alias"] = _name.Length > 0 ? _name : address.ToString().Replace(':', '-'),
            ["Paired"] = false,
            ["Bonded"] = false,
            ["Trusted"] = false,
            ["Blocked"] = false,
            ["LegacyPairing"] = false,
            ["Connected"] = IsConnected,
            ["UUIDs"] = UuidsOf(heard),
            ["Adapter"] = Variant.Path(adapter.Path),
            ["ServicesResolved"] = false,
        };
        if (_name.Length > 0) properties["Name"] = _name;
        if (_rssi != 0) properties["RSSI"] = _rssi;
        Objects.Add(Path, Interface, properties);
        RestartDisappearance();
    }

    private static string[] UuidsOf(Advertisement heard) =>
    [
        .. heard.DfuService ? (string[])[GattTable.SecureDfuService] : [],
        .. Adapters.BlueZ.Links.Characteristics.OtherServices.Where(pair => heard.Others.HasFlag(pair.Value)).Select(static pair => pair.Key),
    ];

    /// <param name="everyTime">Else only changes of 8 dB and more are told.</param>
    public void OnHeard(Advertisement heard, bool everyTime)
    {
        RestartDisappearance();
        if (heard.Name.Length > 0 && heard.Name != _name)
        {
            _name = heard.Name;
            Objects.Set(Path, ("Name", _name), ("Alias", _name));
        }

        if (heard.DfuService && Objects.Get<string[]>(Path, "UUIDs") is { } uuids && !uuids.Contains(GattTable.SecureDfuService))
            Objects.Set(Path, ("UUIDs", (string[])[.. uuids, GattTable.SecureDfuService]));
        if (!everyTime && _rssi != 0 && Math.Abs(heard.Rssi - _rssi) < 8) return;
        _rssi = (short)heard.Rssi;
        Objects.Set(Path, ("RSSI", _rssi));
    }

    public void ForgetSignalStrength()
    {
        if (_rssi == 0) return;
        _rssi = 0;
        Objects.Set(Path, ("RSSI", null));
    }

    public Task<Reply> HandleAsync(DBusMessage call) => (call.Interface, call.Member) switch
    {
        (Interface, "Connect") => ConnectAsync(static () => { }),
        (Interface, "Disconnect") => DisconnectSlowlyAsync(),
        _ when _characteristics.Find(characteristic => characteristic.Path == call.Path) is { } characteristic => characteristic.HandleAsync(call),
        _ => throw BusObjects.Unknown(call.Member, call.Signature, call.Interface),
    };

    /// <param name="connected">Called before anything is told of the link.</param>
    public async Task<Reply> ConnectAsync(Action connected)
    {
        if (_connecting is not null) throw new BusError(Faults.Failed, "Operation already in progress"); // EALREADY, not InProgress
        if (!adapter.Powered) throw new BusError(Faults.Failed, "Input/output error");
        if (IsConnected) return Reply.Nothing;
        StopDisappearance();
        using var connecting = _connecting = new CancellationTokenSource();
        try
        {
            await adapter.ConnectTurn.WaitAsync(connecting.Token);
            try
            {
                Link = await adapter.Radio.ConnectAsync(address, type, new() { ConnectTimeout = Service.Options.ConnectTimeout }, connecting.Token);
            }
            finally
            {
                adapter.ConnectTurn.Release();
            }
        }
        catch (OperationCanceledException)
        {
            // BlueZ never answers the Connect of a device that is removed meanwhile.
            return _forgotten ? await new TaskCompletionSource<Reply>().Task : throw new BusError(Faults.Failed, "br-connection-canceled");
        }
        catch (DfuException e)
        {
            throw new BusError(
                Faults.Failed,
                Service.Options.TellsConnectErrors && e.Error == DfuError.AdapterFull
                    ? "le-connection-concurrent-connection-limit"
                    : "le-connection-abort-by-local");
        }
        finally
        {
            _connecting = null;
        }

        if (connecting.IsCancellationRequested)
        {
            var late = Link;
            Link = null;
            await late.DisposeAsync();
            throw new BusError(Faults.Failed, "br-connection-canceled");
        }

        connected();
        if (Service.Options.TellsConnected) Objects.Set(Path, ("Connected", true));
        else Objects.SetUntold(Path, "Connected", true);
        Serve(Link);
        return Reply.Nothing;
    }

    /// <summary>Closes the link, if any, and returns when all signs of it are gone. A connect under way fails.</summary>
    public async Task DisconnectAsync()
    {
        _connecting?.Cancel();
        if (Link is not { } link) return;
        await link.DisposeAsync();
        OnClosed(link);
    }

    /// <summary>The object is about to go.</summary>
    public void Forget()
    {
        _forgotten = true;
        StopDisappearance();
    }

    public void OnClientGone(string client)
    {
        foreach (var characteristic in _characteristics) characteristic.OnClientGone(client);
    }

    private async Task<Reply> DisconnectSlowlyAsync()
    {
        if (IsConnected) await Task.Delay(Service.Options.DisconnectDelay, Service.Time);

        await DisconnectAsync();
        return Reply.Nothing;
    }

    private void StopDisappearance()
    {
        _temporary = false;
        _disappears?.Dispose();
        _disappears = null;
    }

    private void RestartDisappearance()
    {
        if (!_temporary || _forgotten || Service.Options.TemporaryTimeout <= TimeSpan.Zero) return;
        if (_disappears is null)
            _disappears = Service.Time.CreateTimer(_ => Service.Loop.Post(Disappear), null, Service.Options.TemporaryTimeout, Timeout.InfiniteTimeSpan);
        else _disappears.Change(Service.Options.TemporaryTimeout, Timeout.InfiniteTimeSpan);
    }

    private void Disappear()
    {
        if (_temporary && !_forgotten) _ = adapter.RemoveAsync(this);
    }
}
