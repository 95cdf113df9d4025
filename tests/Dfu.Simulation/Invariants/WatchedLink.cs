using System.Threading.Channels;
using Dfu.Protocol.Links;

namespace Dfu.Simulation.Invariants;

/// <summary>A link that shows each write to somebody who may change it.</summary>
/// <param name="writes">What is written to a link that is closed gets nowhere, and is not shown.</param>
internal sealed class WatchedLink(
    IDfuLink link, Func<DfuCharacteristic, ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> writes) : IDfuLink
{
    public int Mtu => link.Mtu;

    public IReadOnlySet<DfuCharacteristic> Characteristics => link.Characteristics;

    public IReadOnlySet<Guid> Readable => link.Readable;

    public TimeSpan? Interval => link.Interval;

    public bool KeepsOrder => link.KeepsOrder;

    public ChannelReader<LinkNotification> Notifications => link.Notifications;

    public Task<LinkClosure> Closed => link.Closed;

    public Task SecureAsync(CancellationToken cancellationToken) => link.SecureAsync(cancellationToken);

    public Task SubscribeAsync(DfuCharacteristic characteristic, CancellationToken cancellationToken) => link.SubscribeAsync(characteristic, cancellationToken);

    public Task<ReadOnlyMemory<byte>> ReadAsync(Guid characteristic, CancellationToken cancellationToken) => link.ReadAsync(characteristic, cancellationToken);

    public Task WriteAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        if (!link.Closed.IsCompleted) value = writes(characteristic, value);
        return link.WriteAsync(characteristic, value, cancellationToken);
    }

    public ValueTask WriteCommandAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        if (!link.Closed.IsCompleted) value = writes(characteristic, value);
        return link.WriteCommandAsync(characteristic, value, cancellationToken);
    }

    public ValueTask DisposeAsync() => link.DisposeAsync();
}
