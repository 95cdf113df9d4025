using System.Threading.Channels;
using Dfu.Protocol.Links;

namespace Dfu.Benchmarks;

/// <summary>A link that passes everything on; whoever derives from it looks at what passes or changes it.</summary>
public abstract class WrappedLink(IDfuLink inner) : IDfuLink
{
    private readonly Channel<LinkNotification> _notifications = Channel.CreateUnbounded<LinkNotification>();

    public int Mtu => Inner.Mtu;
    public IReadOnlySet<DfuCharacteristic> Characteristics => Inner.Characteristics;
    public TimeSpan? Interval => Inner.Interval;
    public virtual bool KeepsOrder => Inner.KeepsOrder;
    public ChannelReader<LinkNotification> Notifications => _notifications.Reader;
    public Task<LinkClosure> Closed => Inner.Closed;

    protected IDfuLink Inner { get; } = inner;

    public Task SecureAsync(CancellationToken cancellationToken) => Inner.SecureAsync(cancellationToken);

    public virtual Task SubscribeAsync(DfuCharacteristic characteristic, CancellationToken cancellationToken) =>
        Inner.SubscribeAsync(characteristic, cancellationToken);

    public virtual Task WriteAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken) =>
        Inner.WriteAsync(characteristic, value, cancellationToken);

    public virtual ValueTask WriteCommandAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken) =>
        Inner.WriteCommandAsync(characteristic, value, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await Inner.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Begins to pass notifications on; called once, when the derived link is ready for them.</summary>
    protected async Task PassOnAsync()
    {
        while (await Inner.Notifications.WaitToReadAsync())
        {
            while (Inner.Notifications.TryRead(out var notification)) OnNotification(notification);
        }

        _notifications.Writer.Complete();
    }

    protected virtual void OnNotification(LinkNotification notification) => Pass(notification);

    protected void Pass(LinkNotification notification) => _notifications.Writer.TryWrite(notification);
}
