using System.Buffers.Binary;
using System.IO.Hashing;
using System.Threading.Channels;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Simulation.Tests.Support;

/// <summary>
/// A bootloader that means no good: some answers are right, others late, twice, garbled, out of bounds or missing, and now and then the
/// link closes or swallows a call.
/// </summary>
internal sealed class HostileLink : IDfuLink
{
    private static readonly uint[] OddNumbers = [0, 1, 2, 3, 255, 512, 4095, 4096, 4097, 8192, 65_536, 0x7fff_ffff, 0x8000_0000, 0xffff_f000, 0xffff_ffff];

    private readonly Random _random;
    private readonly TimeProvider _time;
    private readonly Channel<LinkNotification> _notifications = Channel.CreateUnbounded<LinkNotification>();
    private readonly TaskCompletionSource<LinkClosure> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly double _malice;
    private readonly double _silence;
    private readonly double _lateness;
    private readonly double _closing;
    private readonly double _hanging;
    private byte _selected = 1;
    private readonly byte[] _init;
    private readonly byte[] _firmware;
    private uint _commandOffset;
    private uint _dataOffset;
    private uint _objectEnd;

    public HostileLink(int seed, byte[] init, byte[] firmware, TimeProvider time)
    {
        (_random, _init, _firmware, _time) = (new Random(seed), init, firmware, time);
        Mtu = Pick(23, 23, 50, 100, 185, 247, 517);
        KeepsOrder = _random.Next(2) == 0;
        _malice = Rate(0.5);
        _silence = Rate(0.3);
        _lateness = Rate(0.3);
        _closing = Rate(0.02);
        _hanging = Rate(0.02);
        if (_random.Next(3) == 0) _commandOffset = (uint)init.Length;
        if (_random.Next(3) == 0) _dataOffset = (uint)_random.Next(firmware.Length + 1);
    }

    public int Mtu { get; }
    public IReadOnlySet<DfuCharacteristic> Characteristics { get; } =
        new HashSet<DfuCharacteristic> { DfuCharacteristic.ControlPoint, DfuCharacteristic.Packet };
    public TimeSpan? Interval => null;
    public bool KeepsOrder { get; }
    public ChannelReader<LinkNotification> Notifications => _notifications.Reader;
    public Task<LinkClosure> Closed => _closed.Task;

    public Task SecureAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task SubscribeAsync(DfuCharacteristic characteristic, CancellationToken cancellationToken) => CallAsync(cancellationToken);

    public async Task WriteAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        var request = value.ToArray();
        await CallAsync(cancellationToken);
        if (Chance(_silence)) return;
        var answer = Answer(request);
        if (Chance(_malice)) answer = Spoil(answer);
        for (var copies = Chance(_malice / 4) ? 2 : 1; copies > 0; copies--) _ = DeliverAsync(answer);
    }

    public async ValueTask WriteCommandAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        if (_closed.Task.IsCompleted || Chance(_hanging / 50) || Chance(_closing / 50)) await CallAsync(cancellationToken);
        if (Chance(_silence / 50)) return;
        if (_selected == 1) _commandOffset += (uint)value.Length;
        else _dataOffset += (uint)value.Length;
        if (Chance(_malice / 10)) _ = DeliverAsync(Spoil(Checksum()));
    }

    public ValueTask DisposeAsync()
    {
        Close(LinkClosure.LocalHost);
        return ValueTask.CompletedTask;
    }

    private async Task CallAsync(CancellationToken cancellationToken)
    {
        if (Chance(_closing)) Close(LinkClosure.SupervisionTimeout);
        if (_closed.Task.IsCompleted) throw new DfuException(DfuError.LinkLost, "closed");
        if (Chance(_closing)) throw new DfuException(DfuError.AttError, "refused") { AttStatus = 0x0e };
        await Task.Delay(Chance(_hanging) ? TimeSpan.FromDays(20) : TimeSpan.FromMilliseconds(_random.Next(60)), _time, cancellationToken);
    }

    private async Task DeliverAsync(byte[] value)
    {
        await Task.Delay(Chance(_lateness) ? TimeSpan.FromSeconds(_random.Next(40)) : TimeSpan.FromMilliseconds(_random.Next(30)), _time);
        _notifications.Writer.TryWrite(new LinkNotification(Chance(_malice / 10) ? DfuCharacteristic.Packet : DfuCharacteristic.ControlPoint, value));
    }

    private byte[] Answer(byte[] request)
    {
        switch (request[0])
        {
            case 0x06:
                _selected = request[1];
                return [0x60, 0x06, 1, .. U32(_selected == 1 ? (_random.Next(2) == 0 ? 256u : 512u) : 4096u), .. Checksum()[3..]];
            case 0x01:
                _selected = request[1];
                if (_selected == 1) (_commandOffset, _dataOffset) = (0, 0);
                else _dataOffset -= _dataOffset % 4096;
                _objectEnd = _dataOffset + BinaryPrimitives.ReadUInt32LittleEndian(request.AsSpan(2));
                return [0x60, 0x01, 1];
            case 0x03:
                return Checksum();
            case 0x04 when _selected == 2 && _dataOffset < _objectEnd:
                return [0x60, 0x04, 8];
            default:
                return [0x60, request[0], 1];
        }
    }

    private byte[] Checksum()
    {
        var (offset, bytes) = _selected == 1 ? (_commandOffset, _init) : (_dataOffset, _firmware);
        return [0x60, 0x03, 1, .. U32(offset), .. U32(Crc32.HashToUInt32(bytes.AsSpan(0, (int)Math.Min(offset, (uint)bytes.Length))))];
    }

    private byte[] Spoil(byte[] answer)
    {
        var spoiled = answer.ToArray();
        switch (_random.Next(6))
        {
            case 0:
                return spoiled[.._random.Next(spoiled.Length)];
            case 1:
                spoiled[_random.Next(spoiled.Length)] = (byte)_random.Next(256);
                return spoiled;
            case 2 when spoiled.Length >= 7:
                BinaryPrimitives.WriteUInt32LittleEndian(
                    spoiled.AsSpan(3 + (4 * _random.Next((spoiled.Length - 3) / 4))), OddNumbers[_random.Next(OddNumbers.Length)]);
                return spoiled;
            case 3:
                return [0x60, spoiled[1], (byte)_random.Next(14), (byte)_random.Next(16)];
            case 4:
                var noise = new byte[_random.Next(64)];
                _random.NextBytes(noise);
                return noise;
            default:
                spoiled[2] = (byte)Pick(2, 3, 4, 5, 8, 10, 11);
                return spoiled;
        }
    }

    private void Close(byte reason)
    {
        _closed.TrySetResult(new LinkClosure(reason));
        _notifications.Writer.TryComplete();
    }

    private bool Chance(double probability) => probability > 0 && _random.NextDouble() < probability;

    private double Rate(double most) => _random.Next(3) == 0 ? 0 : _random.NextDouble() * _random.NextDouble() * _random.NextDouble() * most;

    private int Pick(params ReadOnlySpan<int> choices) => choices[_random.Next(choices.Length)];

    private static byte[] U32(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }
}
