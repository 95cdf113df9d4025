using System.Buffers.Binary;
using System.Collections.Immutable;
using System.IO.Hashing;
using System.Threading.Channels;
using Dfu.Fuzz.Engine;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Requests;

namespace Dfu.Fuzz.Targets;

/// <summary>
/// A link to a device that keeps what it is sent and answers as a bootloader does, without its checks; for each request the input says whether it does, or
/// what it does instead.
/// </summary>
internal sealed class ScriptedLink : IDfuLink
{
    private const int MostRequests = 20_000;
    private static readonly DfuCharacteristic[] Entries = [DfuCharacteristic.Buttonless, DfuCharacteristic.ButtonlessBonded, DfuCharacteristic.ButtonlessSdk12];

    private readonly Channel<LinkNotification> _notifications = Channel.CreateUnbounded<LinkNotification>();
    private readonly TaskCompletionSource<LinkClosure> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Feed _feed;
    private readonly TimeProvider _time;
    private readonly List<byte>[] _objects = [[], []];
    private int _type;
    private int _packets;
    private int _prn;
    private int _requests;

    public ScriptedLink(Feed feed, TimeProvider time)
    {
        (_feed, _time) = (feed, time);
        var flags = feed.Byte();
        Mtu = Math.Clamp((int)feed.Byte(), 23, 247);
        KeepsOrder = (flags & 1) == 0;
        Characteristics = [DfuCharacteristic.ControlPoint, DfuCharacteristic.Packet, Entries[flags / 2 % 3]];
    }

    public int Mtu { get; }

    public ImmutableHashSet<DfuCharacteristic> Characteristics { get; }

    IReadOnlySet<DfuCharacteristic> IDfuLink.Characteristics => Characteristics;

    public TimeSpan? Interval => null;

    public bool KeepsOrder { get; }

    public ChannelReader<LinkNotification> Notifications => _notifications.Reader;

    public Task<LinkClosure> Closed => _closed.Task;

    public void LastExecuteComes() => Flaw.If(_objects[1].Count == 0 && _feed.IsEmpty && _requests < 4, "the last EXECUTE comes before anything was sent");

    public Task SecureAsync(CancellationToken cancellationToken) => AnswerAsync(_feed.Byte() % 16, static () => { });

    public Task SubscribeAsync(DfuCharacteristic characteristic, CancellationToken cancellationToken) => AnswerAsync(_feed.Byte() % 16, static () => { });

    public Task WriteAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        Flaw.If(++_requests > MostRequests, $"{_requests} requests of one transfer");
        var request = value.ToArray();
        var isControlPoint = characteristic == DfuCharacteristic.ControlPoint;
        return AnswerAsync(_feed.Byte(), () => Notify(characteristic, isControlPoint ? Obey(request) : [0x20, request[0], 1]));
    }

    public ValueTask WriteCommandAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        if (_closed.Task.IsCompleted) return ValueTask.FromException(Lost());
        Flaw.If(value.Length == 0 || value.Length > Mtu - 3, $"a packet of {value.Length} bytes at MTU {Mtu}");
        _objects[_type].AddRange(value.Span);
        if (_prn == 0 || ++_packets % _prn != 0) return ValueTask.CompletedTask;
        switch (_feed.Byte())
        {
            case 1:
                break; // lost
            case 2:
                Notify(DfuCharacteristic.ControlPoint, _feed.Block());
                break;
            case 3:
                Close();
                break;
            default:
                Notify(DfuCharacteristic.ControlPoint, [0x60, OpCode.GetCrc, 1, .. State()]);
                break;
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        Close();
        return ValueTask.CompletedTask;
    }

    /// <param name="how">0 and what has no other meaning is as it should be.</param>
    private async Task AnswerAsync(int how, Action obey)
    {
        if (_closed.Task.IsCompleted) throw Lost();
        switch (how)
        {
            case 1:
                break; // heard, and no word of it
            case 2:
                obey();
                obey();
                break;
            case 3:
                Notify(DfuCharacteristic.ControlPoint, _feed.Block());
                break;
            case 4:
                Notify(Entries[_feed.Byte() % 3], _feed.Block());
                break;
            case 5:
                obey();
                Close();
                break;
            case 6:
                Close();
                throw Lost();
            case 7:
                throw new DfuException(DfuError.AttError, "refused") { AttStatus = _feed.Byte() };
            case 8:
                await Task.Delay(TimeSpan.FromMilliseconds(_feed.U16()), _time);
                obey();
                break;
            case 9:
                _objects[_feed.Byte() & 1].Clear();
                obey();
                break;
            case 10:
                if (_objects[_type] is { Count: > 0 } some) some.RemoveRange(some.Count - Math.Min(some.Count, 1 + _feed.Byte()), Math.Min(some.Count, 1));
                obey();
                break;
            case 11:
                throw new DfuException(DfuError.PairingRefused, "not with this one");
            case 12:
                await Task.Delay(TimeSpan.FromDays(1), _time);
                break;
            default:
                obey();
                break;
        }
    }

    private byte[] Obey(byte[] request)
    {
        switch (request)
        {
            case [OpCode.Create, var type, ..]:
                _type = type == 2 ? 1 : 0;
                _packets = 0;
                var whole = _type == 0 ? 0 : _objects[1].Count & ~0xFFF;
                _objects[_type].RemoveRange(whole, _objects[_type].Count - whole);
                return [0x60, request[0], 1];
            case [OpCode.SetPrn, var low, var high]:
                _prn = low | (high << 8);
                return [0x60, request[0], 1];
            case [OpCode.Select, var type]:
                _type = type == 2 ? 1 : 0;
                return [0x60, request[0], 1, 0, (byte)(_type == 0 ? 2 : 16), 0, 0, .. State()];
            case [OpCode.GetCrc]:
                return [0x60, request[0], 1, .. State()];
            default:
                return [0x60, request[0], 1];
        }
    }

    private byte[] State()
    {
        var state = new byte[8];
        var bytes = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_objects[_type]);
        BinaryPrimitives.WriteInt32LittleEndian(state, bytes.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(state.AsSpan(4), Crc32.HashToUInt32(bytes));
        return state;
    }

    private void Notify(DfuCharacteristic characteristic, byte[] value) => _notifications.Writer.TryWrite(new(characteristic, value));

    private void Close()
    {
        _notifications.Writer.TryComplete();
        _closed.TrySetResult(new(LinkClosure.SupervisionTimeout));
    }

    private static DfuException Lost() => new(DfuError.LinkLost, "the link dropped");
}
