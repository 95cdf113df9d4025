using System.Globalization;
using System.Net.Sockets;
using Dfu.Adapters.BlueZ.Tests.StandIn.Wire;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Adapters.BlueZ.Tests.StandIn;

/// <summary>One characteristic of a connected device, by method calls and by sockets.</summary>
#pragma warning disable CA1001 // sockets are closed with the link
internal sealed class StandInCharacteristic(StandInDevice device, DfuCharacteristic kind, string service, int handle)
#pragma warning restore CA1001
{
    public const string Interface = "org.bluez.GattCharacteristic1";

    private readonly string[] _flags = GattTable.FlagsOf(kind);
    private readonly HashSet<string> _notified = [];
    private WriteSocket? _writes;
    private Socket? _notifies;
    private bool _acquiringNotify;
    private bool _subscribed;
    private bool _writing;

    public string Path { get; } = string.Create(CultureInfo.InvariantCulture, $"{service}/char{handle:x4}");

    public bool HasDescriptor => Can("notify") || Can("indicate");

    private BusObjects Objects => device.Adapter.Objects;

    public bool Is(DfuCharacteristic other) => kind == other;

    public void Show(int mtu)
    {
        var properties = new Dictionary<string, Variant>
        {
            ["UUID"] = GattTable.UuidOf(kind),
            ["Service"] = Variant.Path(service),
            ["Value"] = Array.Empty<byte>(),
            ["Flags"] = _flags,
            ["MTU"] = (ushort)mtu,
        };
        if (HasDescriptor) properties["Notifying"] = false;
        if (Can("notify")) properties["NotifyAcquired"] = false;
        if (Can("write-without-response")) properties["WriteAcquired"] = false;
        Objects.Add(Path, Interface, properties);
    }

    public void ShowDescriptor(int descriptor) => Objects.Add(string.Create(CultureInfo.InvariantCulture, $"{Path}/desc{descriptor:x4}"), "org.bluez.GattDescriptor1", new()
    {
        ["UUID"] = GattTable.Full(0x2902),
        ["Characteristic"] = Variant.Path(Path),
        ["Value"] = Array.Empty<byte>(),
    });

    public Task<Reply> HandleAsync(DBusMessage call)
    {
        if (call.Interface != Interface) throw BusObjects.Unknown(call.Member, call.Signature, call.Interface);
        if (device.Att is not { } att) throw new BusError(Faults.Failed, "Not connected");
        return call.Member switch
        {
            "ReadValue" => throw new BusError("org.bluez.Error.NotPermitted", "Read not permitted"),
            "WriteValue" => WriteAsync(att, (byte[])call.Body[0], (Dictionary<string, object>)call.Body[1]),
            "AcquireWrite" => Task.FromResult(AcquireWrite(att)),
            "AcquireNotify" => AcquireNotifyAsync(att),
            "StartNotify" => StartNotifyAsync(att, call.Sender),
            "StopNotify" => Task.FromResult(StopNotify(call.Sender)),
            _ => throw BusObjects.Unknown(call.Member, call.Signature, call.Interface),
        };
    }

    public async void OnNotification(ReadOnlyMemory<byte> value)
    {
        if (_notifies is { } socket)
        {
            try
            {
                await socket.SendAsync(value);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // BlueZ writes a line in its log.
            }
        }
        else if (_notified.Count > 0)
        {
            Objects.Set(Path, ("Value", value.ToArray()));
        }
    }

    public void OnDisconnected()
    {
        _notified.Clear();
        CloseWrites();
        CloseNotifies();
        if (HasDescriptor && Objects.Get<bool>(Path, "Notifying")) Objects.Set(Path, ("Notifying", false));
        _subscribed = _acquiringNotify = false;
    }

    public void OnClientGone(string client)
    {
        if (_notified.Remove(client) && _notified.Count == 0) Objects.Set(Path, ("Notifying", false));
    }

    private async Task<Reply> WriteAsync(AttQueue att, byte[] value, Dictionary<string, object> options)
    {
        if (_writes is not null) throw new BusError("org.bluez.Error.NotPermitted", "Write acquired");
        if (_writing) throw InProgress();
        if (options.TryGetValue("offset", out var offset) && offset is not (ushort)0) throw new BusError("org.bluez.Error.InvalidArguments", "Invalid arguments in method call");
        var type = options.TryGetValue("type", out var named) ? named as string : Can("write") ? "request" : "command";
        if (type == "command")
        {
            if (value.Length > att.Mtu - 3) throw new BusError(Faults.Failed, "Failed to initiate write");
            att.Command(kind, value);
            return Reply.Nothing;
        }

        if (type is not ("request" or "reliable")) throw new BusError("org.bluez.Error.NotSupported", "Operation is not supported");
        if (!Can("write")) throw new BusError("org.bluez.Error.NotPermitted", "Write not permitted");
        _writing = true;
        try
        {
            await AskAsync(att, link => link.WriteAsync(kind, value, CancellationToken.None));
        }
        finally
        {
            _writing = false;
        }

        return Reply.Nothing;
    }

    private Reply AcquireWrite(AttQueue att)
    {
        if (_writes is not null) throw new BusError("org.bluez.Error.NotPermitted", "Write acquired");
        if (!Can("write-without-response")) throw NotSupported();
        var (ours, theirs) = WriteSocket.Open(device.Adapter.Service.Loop, value => att.Command(kind, value), ended =>
        {
            if (_writes == ended) CloseWrites();
        });
        _writes = ours;
        Objects.Set(Path, ("WriteAcquired", true));
        return new("hq", [0, (ushort)att.Mtu], theirs);
    }

    private async Task<Reply> AcquireNotifyAsync(AttQueue att)
    {
        if (_notifies is not null || _acquiringNotify) throw new BusError("org.bluez.Error.NotPermitted", "Notify acquired");
        if (_notified.Count > 0) throw InProgress();
        if (!Can("notify")) throw NotSupported();
        _acquiringNotify = true;
        try
        {
            await SubscribeAsync(att);
        }
        catch (BusError)
        {
            return await new TaskCompletionSource<Reply>().Task; // BlueZ 5.66 forgets to answer when the device refuses
        }

        if (!_acquiringNotify) throw new BusError(Faults.Failed, "Not connected");
        _acquiringNotify = false;
        var (end, theirs) = UnixSockets.Pair();
        _notifies = new(new SafeSocketHandle(end.DangerousGetHandle(), ownsHandle: true));
        end.SetHandleAsInvalid();
        WatchNotifies(_notifies);
        Objects.Set(Path, ("NotifyAcquired", true));
        return new("hq", [0, (ushort)att.Mtu], theirs);
    }

    private async Task<Reply> StartNotifyAsync(AttQueue att, string client)
    {
        if (_notifies is not null || _acquiringNotify) throw new BusError("org.bluez.Error.NotPermitted", "Notify acquired");
        if (!HasDescriptor) throw NotSupported();
        if (!_notified.Add(client)) return _subscribed ? Reply.Nothing : throw InProgress();
        try
        {
            await SubscribeAsync(att);
        }
        catch (BusError)
        {
            _notified.Remove(client);
            throw;
        }

        Objects.Set(Path, ("Notifying", true));
        return Reply.Nothing;
    }

    private Reply StopNotify(string client)
    {
        if (_notifies is not null)
        {
            CloseNotifies();
            return Reply.Nothing;
        }

        if (!_notified.Contains(client)) throw new BusError(Faults.Failed, "No notify session started");
        OnClientGone(client);
        return Reply.Nothing;
    }

    private async Task SubscribeAsync(AttQueue att)
    {
        if (_subscribed) return;
        await AskAsync(att, link => link.SubscribeAsync(kind, CancellationToken.None));
        _subscribed = true;
    }

    /// <summary>Until either end closes.</summary>
    private async void WatchNotifies(Socket socket)
    {
        try
        {
            while (await socket.ReceiveAsync(new byte[1]) > 0) ;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Closed at this end.
        }

        if (_notifies == socket) CloseNotifies();
    }

    private void CloseWrites()
    {
        if (_writes is not { } socket) return;
        _writes = null;
        socket.Close();
        Objects.Set(Path, ("WriteAcquired", false));
    }

    private void CloseNotifies()
    {
        if (_notifies is not { } socket) return;
        _notifies = null;
        socket.Dispose();
        Objects.Set(Path, ("NotifyAcquired", false));
    }

    /// <summary>Errors as BlueZ words them.</summary>
    private static async Task AskAsync(AttQueue att, Func<IDfuLink, Task> request)
    {
        try
        {
            await att.RequestAsync(request);
        }
        catch (DfuException e) when (e.Error == DfuError.AttError)
        {
            throw e.AttStatus switch
            {
                0x02 => new BusError("org.bluez.Error.NotPermitted", "Read not permitted"),
                0x03 => new BusError("org.bluez.Error.NotPermitted", "Write not permitted"),
                0x05 or 0x0C or 0x0F => new BusError("org.bluez.Error.NotPermitted", "Not paired"),
                0x06 => NotSupported(),
                0x07 => new BusError("org.bluez.Error.InvalidArguments", "Invalid offset"),
                0x08 => new BusError("org.bluez.Error.NotAuthorized", "Operation Not Authorized"),
                0x0D => new BusError("org.bluez.Error.InvalidArguments", "Invalid Length"),
                var status => new BusError(Faults.Failed, string.Create(CultureInfo.InvariantCulture, $"Operation failed with ATT error: 0x{status:x2}")),
            };
        }
        catch (DfuException)
        {
            throw new BusError(Faults.Failed, "Operation failed");
        }
    }

    private static BusError InProgress() => new("org.bluez.Error.InProgress", "In Progress");

    private static BusError NotSupported() => new("org.bluez.Error.NotSupported", "Operation is not supported");

    private bool Can(string flag) => _flags.Contains(flag);
}
