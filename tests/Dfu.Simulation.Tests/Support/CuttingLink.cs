using System.Threading.Channels;
using Dfu.Protocol.Links;

namespace Dfu.Simulation.Tests.Support;

/// <summary>Calls back before and after every control write, after every packet and after every notification, in the order they happen.</summary>
internal sealed class CuttingLink : IDfuLink
{
    private readonly IDfuLink _inner;
    private readonly Action _atPoint;
    private readonly Channel<LinkNotification> _notifications = Channel.CreateUnbounded<LinkNotification>();

    public CuttingLink(IDfuLink inner, Action atPoint)
    {
        (_inner, _atPoint) = (inner, atPoint);
        _ = PassOnAsync();
    }

    public int Mtu => _inner.Mtu;
    public IReadOnlySet<DfuCharacteristic> Characteristics => _inner.Characteristics;
    public TimeSpan? Interval => _inner.Interval;
    public bool KeepsOrder => _inner.KeepsOrder;
    public ChannelReader<LinkNotification> Notifications => _notifications.Reader;
    public Task<LinkClosure> Closed => _inner.Closed;

    public async Task SubscribeAsync(DfuCharacteristic characteristic, CancellationToken cancellationToken)
    {
        await _inner.SubscribeAsync(characteristic, cancellationToken);
        _atPoint();
    }

    public async Task WriteAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        _atPoint();
        await _inner.WriteAsync(characteristic, value, cancellationToken);
        _atPoint();
    }

    public async ValueTask WriteCommandAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        await _inner.WriteCommandAsync(characteristic, value, cancellationToken);
        _atPoint();
    }

    public Task<ReadOnlyMemory<byte>> ReadAsync(DfuCharacteristic characteristic, CancellationToken cancellationToken) => _inner.ReadAsync(characteristic, cancellationToken);

    public ValueTask DisposeAsync() => _inner.DisposeAsync();

    private async Task PassOnAsync()
    {
        while (await _inner.Notifications.WaitToReadAsync())
        {
            while (_inner.Notifications.TryRead(out var notification)) PassOn(notification);
        }

        _notifications.Writer.Complete();
    }

    private void PassOn(LinkNotification notification)
    {
        _notifications.Writer.TryWrite(notification);
        _atPoint();
    }
}
