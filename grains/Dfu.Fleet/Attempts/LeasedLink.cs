using System.Threading.Channels;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Attempts;

/// <summary>
/// A link that carries nothing for an attempt that has lost its device: another may drive it by then. A process that was stopped goes on before its timers
/// ring, and its links may have stayed open meanwhile.
/// </summary>
/// <param name="throwIfOver">Throws <see cref="OperationCanceledException"/> when the device is lost.</param>
internal sealed class LeasedLink(IDfuLink link, Action throwIfOver) : IDfuLink
{
    /// <summary>As the radio opened it.</summary>
    public IDfuLink Inner => link;

    public int Mtu => link.Mtu;
    public IReadOnlySet<DfuCharacteristic> Characteristics => link.Characteristics;
    public IReadOnlySet<Guid> Readable => link.Readable;
    public TimeSpan? Interval => link.Interval;
    public bool KeepsOrder => link.KeepsOrder;
    public ChannelReader<LinkNotification> Notifications => link.Notifications;
    public Task<LinkClosure> Closed => link.Closed;

    public Task SecureAsync(CancellationToken cancellationToken) => Leased().SecureAsync(cancellationToken);

    public Task SubscribeAsync(DfuCharacteristic characteristic, CancellationToken cancellationToken) =>
        Leased().SubscribeAsync(characteristic, cancellationToken);

    public Task WriteAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken) =>
        Leased().WriteAsync(characteristic, value, cancellationToken);

    public Task<ReadOnlyMemory<byte>> ReadAsync(Guid characteristic, CancellationToken cancellationToken) =>
        Leased().ReadAsync(characteristic, cancellationToken);

    public ValueTask WriteCommandAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken) =>
        Leased().WriteCommandAsync(characteristic, value, cancellationToken);

    public ValueTask DisposeAsync() => link.DisposeAsync();

    private IDfuLink Leased()
    {
        throwIfOver();
        return link;
    }
}
