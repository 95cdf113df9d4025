using System.Threading.Channels;
using Dfu.Protocol.Links;

namespace Dfu.Simulation.Tests.Support;

internal enum Loss
{
    /// <summary>The request is acknowledged and never handled (finding F21: the scheduler is full).</summary>
    Request,

    /// <summary>The request is handled and its notification never arrives (the queue of notifications is full).</summary>
    Notification,

    /// <summary>The request is handled, answered, and the acknowledgement of the write never arrives.</summary>
    Acknowledgement,
}

/// <summary>Loses the n-th request, notification or acknowledgement on the control point, counted over all links.</summary>
internal sealed class LossyLink : IDfuLink
{
    private readonly IDfuLink _inner;
    private readonly Func<Loss, bool> _loses;
    private readonly Channel<LinkNotification> _notifications = Channel.CreateUnbounded<LinkNotification>();

    public LossyLink(IDfuLink inner, Func<Loss, bool> loses)
    {
        (_inner, _loses) = (inner, loses);
        _ = PassOnAsync();
    }

    public int Mtu => _inner.Mtu;
    public IReadOnlySet<DfuCharacteristic> Characteristics => _inner.Characteristics;
    public TimeSpan? Interval => _inner.Interval;
    public bool KeepsOrder => _inner.KeepsOrder;
    public ChannelReader<LinkNotification> Notifications => _notifications.Reader;
    public Task<LinkClosure> Closed => _inner.Closed;

    public Task SubscribeAsync(DfuCharacteristic characteristic, CancellationToken cancellationToken) => _inner.SubscribeAsync(characteristic, cancellationToken);

    public async Task WriteAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        if (_loses(Loss.Request)) return;
        await _inner.WriteAsync(characteristic, value, cancellationToken);
        if (_loses(Loss.Acknowledgement)) await _inner.Closed;
    }

    public ValueTask WriteCommandAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken) =>
        _inner.WriteCommandAsync(characteristic, value, cancellationToken);

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
        if (!_loses(Loss.Notification)) _notifications.Writer.TryWrite(notification);
    }
}
