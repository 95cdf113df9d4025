using System.Threading.Channels;
using Dfu.BlueZ.Rig.VirtualControllers;

namespace Dfu.Adapters.BlueZ.Tests.VirtualControllers;

/// <summary>The host's end of one connection: an ATT client with one request at a time.</summary>
internal sealed class HostConnection(SmallHost host, ushort handle)
{
    private const ushort AttributeChannel = 4;

    private readonly L2CapAssembler _assembler = new();
    private readonly TaskCompletionSource<byte> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<(ushort Channel, byte[] Payload)> _others = Channel.CreateUnbounded<(ushort, byte[])>();
    private TaskCompletionSource<byte[]>? _answer;

    public ushort Handle => handle;

    /// <summary>HCI reason.</summary>
    public Task<byte> Closed => _closed.Task;

    /// <summary>Packets whose buffers have not come back.</summary>
    public int Unacknowledged { get; set; }

    public byte? Features { get; set; }

    /// <summary>Responses, notifications and indications in the order they came: the first byte of each.</summary>
    public List<byte> Order { get; } = [];

    public bool ConfirmsIndications { get; set; } = true;

    /// <summary>Handle and value of what the peripheral sends by itself.</summary>
    public Channel<(ushort Handle, byte[] Value)> Notifications { get; } = Channel.CreateUnbounded<(ushort, byte[])>();

    /// <summary>The response, or null when the link closes first.</summary>
    public async Task<byte[]?> RequestAsync(params byte[] request)
    {
        if (_closed.Task.IsCompleted) return null;
        var answer = _answer = new TaskCompletionSource<byte[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        await SendAsync(request);
        var response = await answer.Task;
        return response.Length == 0 ? null : response;
    }

    public Task SendAsync(params byte[] packet) => host.SendAsync(handle, AttributeChannel, packet);

    public Task SendAsync(ushort channel, byte[] payload) => host.SendAsync(handle, channel, payload);

    /// <summary>The next packet of another channel than ATT's.</summary>
    public async Task<(ushort Channel, byte[] Payload)> OtherAsync() => await _others.Reader.ReadAsync();

    public async Task<int> ExchangeMtuAsync(int asked = 517)
    {
        var answer = await RequestAsync(0x02, (byte)asked, (byte)(asked >> 8));
        Assert.Equal((3, 0x03), (answer!.Length, answer[0]));
        return Math.Min(asked, answer[1] | (answer[2] << 8));
    }

    /// <summary>Services, their characteristics and descriptors, asked for as BlueZ does: by group, by type, then what lies between.</summary>
    public async Task<HostDatabase> DiscoverAsync()
    {
        var database = new HostDatabase();
        foreach (var entry in await CollectAsync(0x10, 0x2800, 1, 0xffff, last: entry => U16(entry, 2)))
            database.Services.Add((U16(entry, 0), U16(entry, 2), Uuid(entry[4..])));
        Assert.Empty(await CollectAsync(0x10, 0x2801, 1, 0xffff, last: entry => U16(entry, 2)));
        foreach (var (first, end, service) in database.Services)
        {
            foreach (var entry in await CollectAsync(0x08, 0x2803, first, end, last: entry => U16(entry, 0)))
            {
                database.Characteristics.Add(new(service, U16(entry, 3), entry[2], Uuid(entry[5..])));
            }
        }

        foreach (var characteristic in database.Characteristics.Where(c => (c.Properties & 0x30) != 0))
        {
            var answer = await RequestAsync([0x04, .. Bytes(characteristic.Value + 1), .. Bytes(characteristic.Value + 1)]);
            Assert.Equal([0x05, 1, .. Bytes(characteristic.Value + 1), 0x02, 0x29], answer!);
        }

        return database;
    }

    public void Receive(bool continues, byte[] fragment)
    {
        if (!_assembler.TryAdd(continues, fragment, out var channel, out var payload)) return;
        if (channel != AttributeChannel)
        {
            _others.Writer.TryWrite((channel, payload));
            return;
        }

        Order.Add(payload[0]);
        switch (payload[0])
        {
            case 0x1b:
                Notifications.Writer.TryWrite((U16(payload, 1), payload[3..]));
                break;
            case 0x1d:
                Notifications.Writer.TryWrite((U16(payload, 1), payload[3..]));
                if (ConfirmsIndications) _ = SendAsync(0x1e);
                break;
            default:
                var answer = _answer;
                _answer = null;
                Assert.NotNull(answer);
                answer.SetResult(payload);
                break;
        }
    }

    public void Close(byte reason)
    {
        _closed.TrySetResult(reason);
        _answer?.TrySetResult([]);
        Notifications.Writer.TryComplete();
        _others.Writer.TryComplete();
    }

    public static byte[] Bytes(int value) => [(byte)value, (byte)(value >> 8)];

    private static ushort U16(byte[] bytes, int at) => (ushort)(bytes[at] | (bytes[at + 1] << 8));

    private static string Uuid(byte[] bytes) => Convert.ToHexString(bytes.Reverse().ToArray());

    private async Task<List<byte[]>> CollectAsync(byte operation, ushort type, ushort first, ushort end, Func<byte[], ushort> last)
    {
        var entries = new List<byte[]>();
        while (true)
        {
            var answer = await RequestAsync([operation, .. Bytes(first), .. Bytes(end), .. Bytes(type)]);
            if (answer is [0x01, var refused, _, _, 0x0a])
            {
                Assert.Equal(operation, refused);
                return entries;
            }

            Assert.Equal(operation + 1, answer![0]);
            entries.AddRange(answer[2..].Chunk(answer[1]));
            var reached = last(entries[^1]);
            if (reached >= end) return entries;
            first = (ushort)(reached + 1);
        }
    }
}

internal sealed record HostCharacteristic(string Service, ushort Value, byte Properties, string Uuid)
{
    public byte[] ValueHandle => HostConnection.Bytes(Value);

    public byte[] Configuration => HostConnection.Bytes(Value + 1);
}

internal sealed class HostDatabase
{
    public List<(ushort First, ushort Last, string Uuid)> Services { get; } = [];

    public List<HostCharacteristic> Characteristics { get; } = [];

    public HostCharacteristic this[string start] => Characteristics.Single(c => c.Uuid.StartsWith(start, StringComparison.Ordinal));
}
