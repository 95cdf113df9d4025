using System.Net;
using System.Net.Sockets;
using Dfu.Adapters.Bridge.Client;
using Dfu.Adapters.Bridge.Wire;
using Dfu.Protocol.Links;
using Google.Protobuf;
using Body = Dfu.Adapters.Bridge.Wire.ToBridge.BodyOneofCase;

namespace Dfu.Adapters.Bridge.Tests;

/// <summary>A host under test and a bridge that speaks to it frame by frame.</summary>
public abstract class FakeBridge : IDisposable
{
    private protected static readonly CancellationToken Ct = CancellationToken.None;
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    protected FakeBridge()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        Source = new BridgeAdapterSource($"bridge:tcp://{_listener.LocalEndPoint}", Time);
    }

    private protected static BluetoothAddress Device { get; } = BluetoothAddress.Parse("D0:11:22:33:44:55");

    private protected ManualTime Time { get; } = new();

    private protected BridgeAdapterSource Source { get; }

    public void Dispose()
    {
        _listener.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected async Task<RawEnd<ToBridge, FromBridge>> AcceptAsync()
    {
        var socket = await _listener.AcceptAsync().Soon();
        socket.NoDelay = true;
        return new RawEnd<ToBridge, FromBridge>(socket, ToBridge.Parser);
    }

    private protected async Task<(RawEnd<ToBridge, FromBridge> Bridge, IAdapter Adapter)> OpenAsync(uint maxLinks = 8, bool secures = false)
    {
        var opening = Source.OpenAsync(Ct);
        var bridge = await AcceptAsync();
        Assert.Equal(new ToBridge { Hello = new Hello { Version = 1 } }, await bridge.ReadAsync());
        await bridge.SendAsync(new FromBridge { Hello = new HelloReply { Version = 1, Name = "raw", MaxLinks = maxLinks, Secures = secures } });
        return (bridge, await opening.Soon());
    }

    /// <summary>Connects the next link, with no credit yet.</summary>
    private protected static async Task<IDfuLink> ConnectAsync(RawEnd<ToBridge, FromBridge> bridge, IAdapter adapter, uint expectedNumber = 1)
    {
        var connecting = adapter.ConnectAsync(Device, AddressType.Random, new LinkOptions(), Ct);
        var connect = await bridge.ReadAsync();
        Assert.Equal((expectedNumber, Body.Connect), (connect.Link, connect.BodyCase));
        await bridge.SendAsync(
            new FromBridge { Link = connect.Link, Connected = new Connected { Mtu = 247, Characteristics = { Characteristic.ControlPoint } } });
        return await connecting.Soon();
    }

    private protected async Task<(RawEnd<ToBridge, FromBridge> Bridge, IAdapter Adapter, IDfuLink Link)> LinkAsync()
    {
        var (bridge, adapter) = await OpenAsync();
        return (bridge, adapter, await ConnectAsync(bridge, adapter));
    }

    private protected static FromBridge Credit(uint link, uint packets) => new() { Link = link, Credit = new Credit { Packets = packets } };

    private protected static FromBridge Disconnected(uint link, uint reason) => new() { Link = link, Disconnected = new Disconnected { Reason = reason } };

    private protected static FromBridge Written(uint link, uint status = 0) =>
        new() { Link = link, Written = new Written { Characteristic = Characteristic.ControlPoint, AttStatus = status } };

    private protected static FromBridge Notification(uint link, params byte[] value) =>
        new() { Link = link, Notification = new Notification { Characteristic = Characteristic.ControlPoint, Value = ByteString.CopyFrom(value) } };

    private protected static FromBridge Fault(uint link, string message) => new() { Link = link, Fault = new Fault { Message = message } };
}
