using System.Net;
using Dfu.Adapters.Bridge.Server;
using Dfu.Adapters.Bridge.Wire;
using Google.Protobuf;
using Body = Dfu.Adapters.Bridge.Wire.FromBridge.BodyOneofCase;

namespace Dfu.Adapters.Bridge.Tests;

/// <summary>A bridge under test and a host that speaks to it frame by frame.</summary>
public abstract class ServedRadio : IAsyncLifetime
{
    private protected static readonly byte[] Address = [0xd0, 0x11, 0x22, 0x33, 0x44, 0x55];
    private BridgeServer _server = null!;

    private protected List<FakeRadio> Radios { get; } = [];

    private protected FakeRadio Radio => Radios[0];

    private protected virtual TimeProvider Time => TimeProvider.System;

    private protected IPEndPoint Where { get; private set; } = null!;

    private protected Func<FakeRadio> MakeRadio { get; set; } = static () => new FakeRadio();

    public async Task InitializeAsync()
    {
        _server = Serve();
        Where = await _server.StartAsync(CancellationToken.None);
    }

    public async Task DisposeAsync() => await _server.StopAsync().Soon();

    private BridgeServer Serve() => new(
        _ =>
        {
            Radios.Add(MakeRadio());
            return Task.FromResult<IAdapter>(Radios[^1]);
        },
        new IPEndPoint(IPAddress.Loopback, 0),
        Time);

    private protected Task<RawEnd<FromBridge, ToBridge>> HostAsync() => Raw.HostAsync(Where);

    private protected Task<RawEnd<FromBridge, ToBridge>> GreetedHostAsync() => Raw.GreetedHostAsync(Where);

    /// <summary>A greeted host with link 1 connected and its first credit taken from the stream.</summary>
    private protected async Task<(RawEnd<FromBridge, ToBridge> Host, FakeLink Link, uint Credit)> LinkedHostAsync()
    {
        var host = await GreetedHostAsync();
        await host.SendAsync(Connect(1));
        Assert.Equal(Body.Connected, (await host.ReadAsync()).BodyCase);
        var credit = await host.ReadAsync();
        Assert.Equal(Body.Credit, credit.BodyCase);
        return (host, await Radio.NextLinkAsync(), credit.Credit.Packets);
    }

    private protected static ToBridge Connect(uint link, uint timeoutMs = 20_000) =>
        new() { Link = link, Connect = new Connect { Address = ByteString.CopyFrom(Address), TimeoutMs = timeoutMs, PreferredMtu = 247 } };

    private protected static ToBridge Disconnect(uint link) => new() { Link = link, Disconnect = new Disconnect() };

    private protected static ToBridge Packet(uint link, params byte[] value) =>
        new() { Link = link, WriteCommand = new WriteCommand { Characteristic = Characteristic.Packet, Value = ByteString.CopyFrom(value) } };

    private protected static ToBridge Write(uint link, params byte[] value) =>
        new() { Link = link, Write = new Write { Characteristic = Characteristic.ControlPoint, Value = ByteString.CopyFrom(value) } };

    private protected static ToBridge Subscribe(uint link, Characteristic characteristic = Characteristic.ControlPoint) =>
        new() { Link = link, Subscribe = new Subscribe { Characteristic = characteristic } };

    /// <summary>Reads until the bridge closes the stream.</summary>
    private protected static async Task<List<FromBridge>> ReadToEndAsync(RawEnd<FromBridge, ToBridge> host)
    {
        var all = new List<FromBridge>();
        while (await host.ReadOrEndAsync() is { } message) all.Add(message);
        return all;
    }
}
