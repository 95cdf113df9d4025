using System.Threading.Channels;
using Dfu.Adapters.Simulated.Adapter;
using Dfu.Adapters.Simulated.Air;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Adapters.Simulated;

/// <summary>A link over the air: the host's calls on one side, connection events on the other.</summary>
public sealed partial class SimulatedLink : IDfuLink
{
    private readonly SimulatedAir _air;
    private readonly EventQueue _events;
    private readonly SimulatedAdapter _adapter;
    private readonly VirtualDevice _device;
    private readonly Random _random;
    private readonly Channel<LinkNotification> _notifications =
        Channel.CreateUnbounded<LinkNotification>(new UnboundedChannelOptions { SingleReader = true });
    private readonly TaskCompletionSource<LinkClosure> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal SimulatedLink(SimulatedAir air, SimulatedAdapter adapter, VirtualDevice device, int preferredMtu, Random random)
    {
        (_air, _events, _adapter, _device, _random) = (air, air.Events, adapter, device, random);
        Mtu = device.NegotiateMtu(Math.Min(preferredMtu, air.Link.Mtu));
        Characteristics = device.Characteristics;
        Readable = device.Readable;
        Capacity = Math.Max(6, 2 * air.Link.PacketsPerEvent);
        _anchor = _events.Now;
        _spacing = adapter.Spacing.Ticks;
    }

    public int Mtu { get; }

    public IReadOnlySet<DfuCharacteristic> Characteristics { get; }

    public IReadOnlySet<Guid> Readable { get; }

    public TimeSpan? Interval => TimeSpan.FromTicks(Interlocked.Read(ref _spacing));

    public bool KeepsOrder => true;

    public ChannelReader<LinkNotification> Notifications => _notifications.Reader;

    public Task<LinkClosure> Closed => _closed.Task;

    /// <summary>Packets and requests the radio holds before a write command has to wait.</summary>
    public int Capacity { get; }

    /// <summary>The device and the radio have encrypted it.</summary>
    internal bool Encrypted { get; private set; }

    /// <summary>The radio, by the name devices bond with it.</summary>
    internal string Radio => _adapter.Identity;

    /// <remarks>One exchange, however many packets pairing takes.</remarks>
    public async Task SecureAsync(CancellationToken cancellationToken)
    {
        if (Encrypted) return;
        if ((await AskAsync(ItemKind.Secure, default, [], cancellationToken)).Status != 0)
            throw new DfuException(DfuError.PairingRefused, $"{_device.ApplicationAddress} does not pair with {Radio}");
    }

    public async Task SubscribeAsync(DfuCharacteristic characteristic, CancellationToken cancellationToken) =>
        await RequestAsync(ItemKind.Subscribe, characteristic, [1], cancellationToken);

    /// <summary>Turns notifications or indications off again.</summary>
    public async Task UnsubscribeAsync(DfuCharacteristic characteristic, CancellationToken cancellationToken) =>
        await RequestAsync(ItemKind.Subscribe, characteristic, [0], cancellationToken);

    public async Task WriteAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        if (value.Length > Mtu - 3) throw Att(0x0d, $"a write of {value.Length} bytes does not fit into an MTU of {Mtu}");
        await RequestAsync(ItemKind.Write, characteristic, value.ToArray(), cancellationToken);
    }

    public async Task<ReadOnlyMemory<byte>> ReadAsync(Guid characteristic, CancellationToken cancellationToken)
    {
        var read = await RequestAsync(ItemKind.Read, default, characteristic.ToByteArray(), cancellationToken);
        return read.Read;
    }

    public ValueTask WriteCommandAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) return ValueTask.FromCanceled(cancellationToken);
        if (value.Length > Mtu - 3)
        {
            return ValueTask.FromException(new DfuException(DfuError.InvalidArgument, $"a packet of {value.Length} bytes does not fit into an MTU of {Mtu}"));
        }

        using (_events.Enter())
        {
            if (_ended) return ValueTask.FromException(Lost());
            var item = new Item(ItemKind.Packet, characteristic, value.ToArray());
            if (_radio.Count < Capacity && _waiting.Count == 0)
            {
                _radio.Enqueue(item);
                Plan();
                return ValueTask.CompletedTask;
            }

            item.Accepted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue(item);
            return new ValueTask(cancellationToken.CanBeCanceled ? WaitForRoomAsync(item, cancellationToken) : item.Accepted.Task);
        }
    }

    public async ValueTask DisposeAsync()
    {
        using (_events.Enter()) CloseByHost();
        await _closed.Task;
    }

    private async Task WaitForRoomAsync(Item item, CancellationToken cancellationToken)
    {
        await using var registration = cancellationToken.Register(() =>
        {
            using (_events.Enter())
            {
                if (item.Accepted!.TrySetCanceled(cancellationToken)) item.Withdrawn = true;
            }
        });
        await item.Accepted!.Task;
    }

    private async Task<Item> RequestAsync(ItemKind kind, DfuCharacteristic characteristic, byte[] value, CancellationToken cancellationToken)
    {
        var (status, item) = await AskAsync(kind, characteristic, value, cancellationToken);
        if (status != 0) throw Att(status, $"{kind} of {characteristic} was refused with ATT status 0x{status:x2}");
        return item;
    }

    private async Task<(byte Status, Item Item)> AskAsync(ItemKind kind, DfuCharacteristic characteristic, byte[] value, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var item = new Item(kind, characteristic, value) { Answer = new(TaskCreationOptions.RunContinuationsAsynchronously) };
        using (_events.Enter())
        {
            if (_ended) throw Lost();
            if (_radio.Count < Capacity && _waiting.Count == 0) _radio.Enqueue(item);
            else _waiting.Enqueue(item);
            Plan();
        }

        await using var registration = cancellationToken.Register(() => item.Answer.TrySetCanceled(cancellationToken));
        return (await item.Answer.Task, item);
    }

    private DfuException Lost() => new(DfuError.LinkLost, $"the link to {_device.ApplicationAddress} has closed: {_closure}");

    private static DfuException Att(byte status, string detail) => new(DfuError.AttError, detail) { AttStatus = status };

    private enum ItemKind
    {
        Packet,
        Write,
        Subscribe,
        Read,
        Secure,
    }

    private sealed class Item(ItemKind kind, DfuCharacteristic characteristic, byte[] value)
    {
        public ItemKind Kind => kind;
        public DfuCharacteristic Characteristic => characteristic;
        public byte[] Value => value;

        /// <summary>What was read.</summary>
        public byte[] Read { get; set; } = [];
        public TaskCompletionSource? Accepted { get; set; }
        /// <summary>ATT status of a request.</summary>
        public TaskCompletionSource<byte>? Answer { get; init; }
        public bool Withdrawn { get; set; }
    }
}
