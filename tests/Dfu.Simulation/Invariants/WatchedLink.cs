using System.Threading.Channels;
using Dfu.Protocol.Links;

namespace Dfu.Simulation.Invariants;

/// <summary>A link whose writes may be changed on their way, and are shown to somebody.</summary>
/// <param name="changed">What is written instead.</param>
/// <param name="wrote">What the link has taken; what it refuses, or is written when it has closed, gets nowhere and is not shown.</param>
internal sealed class WatchedLink(
    IDfuLink link,
    Func<DfuCharacteristic, ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> changed,
    Action<DfuCharacteristic, ReadOnlyMemory<byte>> wrote) : IDfuLink
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

    public Task WriteAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken) =>
        Write(characteristic, value, change => link.WriteAsync(characteristic, change, cancellationToken));

    public ValueTask WriteCommandAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken) =>
        Write(characteristic, value, change => link.WriteCommandAsync(characteristic, change, cancellationToken));

    public ValueTask DisposeAsync() => link.DisposeAsync();

    private T Write<T>(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, Func<ReadOnlyMemory<byte>, T> write)
    {
        if (link.Closed.IsCompleted) return write(value);
        value = changed(characteristic, value);
        var writing = write(value);
        wrote(characteristic, value);
        return writing;
    }
}
