using System.Threading.Channels;
using Dfu.BlueZ.Rig.VirtualControllers;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Adapters.BlueZ.Tests.VirtualControllers;

/// <summary>A link of ours over a connection of the small host: a transfer runs through all layers of the controller.</summary>
internal sealed class AttLink : IDfuLink
{
    private readonly SmallHost _host;
    private readonly HostConnection _connection;
    private readonly HostDatabase _database;
    private readonly Channel<LinkNotification> _notifications = Channel.CreateUnbounded<LinkNotification>();

    private AttLink(SmallHost host, HostConnection connection, HostDatabase database, int mtu)
    {
        (_host, _connection, _database, Mtu) = (host, connection, database, mtu);
        Closed = ForwardAsync();
    }

    public int Mtu { get; }
    public IReadOnlySet<DfuCharacteristic> Characteristics { get; } =
        new HashSet<DfuCharacteristic> { DfuCharacteristic.ControlPoint, DfuCharacteristic.Packet };
    public TimeSpan? Interval => null;
    public bool KeepsOrder => true;
    public ChannelReader<LinkNotification> Notifications => _notifications.Reader;
    public Task<LinkClosure> Closed { get; }

    public static async Task<AttLink> OpenAsync(SmallHost host, BluetoothAddress address)
    {
        var connection = await host.ConnectAsync(address);
        var mtu = await connection.ExchangeMtuAsync();
        return new AttLink(host, connection, await connection.DiscoverAsync(), mtu);
    }

    public Task SecureAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public async Task SubscribeAsync(DfuCharacteristic characteristic, CancellationToken cancellationToken) =>
        Check(await _connection.RequestAsync([0x12, .. Of(characteristic).Configuration, 1, 0]));

    public async Task WriteAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken) =>
        Check(await _connection.RequestAsync([0x12, .. Of(characteristic).ValueHandle, .. value.Span]));

    public async ValueTask WriteCommandAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        if (_connection.Closed.IsCompleted) throw new DfuException(DfuError.LinkLost, "closed");
        await _connection.SendAsync([0x52, .. Of(characteristic).ValueHandle, .. value.Span]);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_connection.Closed.IsCompleted) await _host.CommandAsync(HciOpCode.Disconnect, [.. HostConnection.Bytes(_connection.Handle), 0x13]);
        await Closed;
    }

    private HostCharacteristic Of(DfuCharacteristic characteristic) => _database[$"8EC9000{(int)characteristic}"];

    private async Task<LinkClosure> ForwardAsync()
    {
        while (await _connection.Notifications.Reader.WaitToReadAsync())
        {
            while (_connection.Notifications.Reader.TryRead(out var one))
            {
                Assert.Equal(Of(DfuCharacteristic.ControlPoint).Value, one.Handle);
                _notifications.Writer.TryWrite(new LinkNotification(DfuCharacteristic.ControlPoint, one.Value));
            }
        }

        _notifications.Writer.TryComplete();
        return new LinkClosure(await _connection.Closed);
    }

    private static byte[] Check(byte[]? answer) => answer switch
    {
        null => throw new DfuException(DfuError.LinkLost, "closed"),
        [0x01, _, _, _, var status] => throw new DfuException(DfuError.AttError, $"0x{status:x2}") { AttStatus = status },
        _ => answer,
    };
}
