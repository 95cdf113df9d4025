using System.Threading.Channels;
using Dfu.Adapters;
using Dfu.Fleet.Updates;
using Dfu.Protocol.Links;

namespace Dfu.Cluster.Tests.Harness;

/// <summary>Writes down when a process wrote to a device; a dead one does not any more.</summary>
internal sealed class RecordedLink(Room room, HostProcess process, Contact contact, IDfuLink inner) : IDfuLink
{
    public int Mtu => inner.Mtu;
    public IReadOnlySet<DfuCharacteristic> Characteristics => inner.Characteristics;
    public TimeSpan? Interval => inner.Interval;
    public bool KeepsOrder => inner.KeepsOrder;
    public ChannelReader<LinkNotification> Notifications => inner.Notifications;
    public Task<LinkClosure> Closed { get; } = process.WhileAliveAsync(() => inner.Closed);

    public Task SecureAsync(CancellationToken cancellationToken) => process.WhileAliveAsync(async () =>
    {
        await inner.SecureAsync(cancellationToken);
        return true;
    });

    public Task SubscribeAsync(DfuCharacteristic characteristic, CancellationToken cancellationToken) => process.WhileAliveAsync(async () =>
    {
        await inner.SubscribeAsync(characteristic, cancellationToken);
        return true;
    });

    public Task WriteAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken) =>
        process.WhileAliveAsync(async () =>
    {
        Note();
        await inner.WriteAsync(characteristic, value, cancellationToken);
        return true;
    });

    public ValueTask WriteCommandAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        if (process.Dead) return new(new TaskCompletionSource().Task);
        Note();
        contact.PacketBytes += value.Length;
        return inner.WriteCommandAsync(characteristic, value, cancellationToken);
    }

    public async ValueTask DisposeAsync() => await process.WhileAliveAsync(async () =>
    {
        await inner.DisposeAsync();
        return true;
    });

    private void Note()
    {
        contact.FirstWrite ??= room.Time.Elapsed;
        contact.LastWrite = room.Time.Elapsed;
    }
}

/// <summary>The radio of one attempt: its writes count for that attempt.</summary>
internal sealed class DrivenRadio(IUpdateAdapter inner, Drive drive, Room room) : IUpdateAdapter
{
    public Task<Advertisement?> HearAsync(Func<Advertisement, bool> wanted, TimeSpan timeout, CancellationToken cancellationToken) =>
        inner.HearAsync(wanted, timeout, cancellationToken);

    public async Task<IDfuLink> ConnectAsync(BluetoothAddress address, AddressType addressType, CancellationToken cancellationToken) =>
        new DrivenLink(await inner.ConnectAsync(address, addressType, cancellationToken), drive, room);

    private sealed class DrivenLink(IDfuLink inner, Drive drive, Room room) : IDfuLink
    {
        public int Mtu => inner.Mtu;
        public IReadOnlySet<DfuCharacteristic> Characteristics => inner.Characteristics;
        public TimeSpan? Interval => inner.Interval;
        public bool KeepsOrder => inner.KeepsOrder;
        public ChannelReader<LinkNotification> Notifications => inner.Notifications;
        public Task<LinkClosure> Closed => inner.Closed;

        public Task SecureAsync(CancellationToken cancellationToken) => inner.SecureAsync(cancellationToken);

        public Task SubscribeAsync(DfuCharacteristic characteristic, CancellationToken cancellationToken) =>
            inner.SubscribeAsync(characteristic, cancellationToken);

        public Task WriteAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
        {
            drive.LastWrite = room.Time.Elapsed;
            return inner.WriteAsync(characteristic, value, cancellationToken);
        }

        public ValueTask WriteCommandAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
        {
            drive.LastWrite = room.Time.Elapsed;
            return inner.WriteCommandAsync(characteristic, value, cancellationToken);
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
