using System.Buffers.Binary;
using System.Threading.Channels;
using Dfu.BlueZ.Rig.VirtualControllers;
using Dfu.Protocol.Links;

namespace Dfu.Adapters.BlueZ.Tests.VirtualControllers;

/// <summary>As much of a host as a controller needs: one command at a time, buffers counted, packets of a connection in order.</summary>
internal sealed class SmallHost
{
    private readonly MemoryTransport _transport;
    private readonly Dictionary<ushort, HostConnection> _connections = [];
    private readonly Dictionary<ushort, HostConnection> _latest = [];
    private readonly Queue<TaskCompletionSource> _waiting = new();
    private (ushort OpCode, TaskCompletionSource<byte[]> Result)? _command;
    private Channel<byte[]> _connected = Channel.CreateUnbounded<byte[]>();
    private int _credits;

    public SmallHost(MemoryTransport transport)
    {
        _transport = transport;
        Ended = ReadAsync();
    }

    /// <summary>Completes when the controller is unplugged.</summary>
    public Task Ended { get; }

    /// <summary>Event kind, peer and data of every advertising report.</summary>
    public List<(byte Kind, BluetoothAddress Peer, string Data)> Reports { get; } = [];

    /// <summary>Connection parameters as they were told, per handle.</summary>
    public List<(ushort Handle, int Interval)> Updates { get; } = [];

    public int BufferBytes { get; private set; }

    public int Buffers { get; private set; }

    /// <summary>When set, packets are sent without asking whether the controller has room.</summary>
    public bool Careless { get; set; }

    /// <summary>Sends a command; the parameters of Command Complete, or the status of Command Status alone.</summary>
    public async Task<byte[]> CommandAsync(ushort opCode, params byte[] parameters)
    {
        var result = new TaskCompletionSource<byte[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        _command = (opCode, result);
        _transport.SendFromHost(new byte[] { 0x01, (byte)opCode, (byte)(opCode >> 8), (byte)parameters.Length }.Concat(parameters).ToArray());
        return await result.Task;
    }

    /// <summary>What a kernel asks before it uses a controller for data.</summary>
    public async Task StartAsync()
    {
        Assert.Equal([0], await CommandAsync(HciOpCode.Reset));
        var sizes = await CommandAsync(HciOpCode.LeReadBufferSize);
        (BufferBytes, Buffers) = (U16(sizes.AsSpan(1)), sizes[3]);
        _credits = Buffers;
    }

    public async Task ScanAsync(bool active, bool filters, bool acceptList = false)
    {
        Assert.Equal([0], await CommandAsync(HciOpCode.LeSetScanParameters, active ? (byte)1 : (byte)0, 0x10, 0, 0x10, 0, 0, acceptList ? (byte)1 : (byte)0));
        Assert.Equal([0], await CommandAsync(HciOpCode.LeSetScan, 1, filters ? (byte)1 : (byte)0));
    }

    /// <summary>Asks for a connection and returns its event: status, handle, role, peer, interval, latency, timeout, accuracy.</summary>
    public async Task<byte[]> CreateConnectionAsync(BluetoothAddress peer, byte type = 1)
    {
        Assert.Equal([0], await CommandAsync(HciOpCode.LeCreateConnection, CreateParameters(peer, type)));
        return await NextConnectionEventAsync();
    }

    public async Task<byte[]> NextConnectionEventAsync() => await _connected.Reader.ReadAsync();

    public async Task<HostConnection> ConnectAsync(BluetoothAddress peer)
    {
        var connected = await CreateConnectionAsync(peer);
        Assert.Equal(0, connected[0]);
        return _latest[U16(connected.AsSpan(1))];
    }

    public static byte[] CreateParameters(BluetoothAddress peer, byte type = 1, bool byAcceptList = false) =>
        [0x60, 0, 0x30, 0, byAcceptList ? (byte)1 : (byte)0, type, .. peer.ToBytes().Reverse(), 0, 12, 0, 24, 0, 0, 0, 42, 0, 0, 0, 0, 0];

    /// <summary>Sends an L2CAP packet in as many pieces as the controller's buffers make of it.</summary>
    public async Task SendAsync(ushort handle, ushort channel, byte[] payload)
    {
        byte[] whole = [(byte)payload.Length, (byte)(payload.Length >> 8), (byte)channel, (byte)(channel >> 8), .. payload];
        for (var at = 0; at < whole.Length; at += BufferBytes)
        {
            await TakeCreditAsync();
            var part = whole[at..Math.Min(whole.Length, at + BufferBytes)];
            var flags = (ushort)(handle | (at == 0 ? 0 : 0x1000));
            _transport.SendFromHost((byte[])[0x02, (byte)flags, (byte)(flags >> 8), (byte)part.Length, (byte)(part.Length >> 8), .. part]);
            if (_connections.TryGetValue(handle, out var connection)) connection.Unacknowledged++;
        }
    }

    public void Unplug() => _transport.EndHost();

    private async Task TakeCreditAsync()
    {
        if (Careless) return;
        while (_credits == 0)
        {
            var room = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue(room);
            await room.Task;
        }

        _credits--;
    }

    private void GiveCredits(int count)
    {
        _credits += count;
        Assert.True(_credits <= Buffers || Careless, "more buffers came back than there are");
        for (var i = 0; i < count && _waiting.TryDequeue(out var waiting); i++) waiting.SetResult();
    }

    private async Task ReadAsync()
    {
        while (await _transport.ToHost.WaitToReadAsync())
        {
            while (_transport.ToHost.TryRead(out var packet)) Take(packet.ToArray());
        }

        foreach (var connection in _connections.Values) connection.Close(LinkClosure.SupervisionTimeout);
        _connected.Writer.TryComplete();
    }

    private void Take(byte[] packet)
    {
        switch (packet)
        {
            case [0x04, 0x0e, _, _, var low, var high, .. var result]:
                Answered(low | (high << 8), result);
                break;
            case [0x04, 0x0f, _, var status, _, var low, var high]:
                Answered(low | (high << 8), [status]);
                break;
            case [0x04, 0x05, _, _, var low, var high, var reason]:
                Disconnected((ushort)(low | (high << 8)), reason);
                break;
            case [0x04, 0x13, _, 1, var low, var high, var countLow, var countHigh]:
                if (_connections.TryGetValue((ushort)(low | (high << 8)), out var acknowledged)) acknowledged.Unacknowledged -= countLow | (countHigh << 8);
                GiveCredits(countLow | (countHigh << 8));
                break;
            case [0x04, 0x3e, _, 0x01, .. var connected]:
                if (connected[0] == 0)
                    _latest[U16(connected.AsSpan(1))] = _connections[U16(connected.AsSpan(1))] = new HostConnection(this, U16(connected.AsSpan(1)));
                _connected.Writer.TryWrite(connected);
                break;
            case [0x04, 0x3e, _, 0x02, 1, var kind, _, .. var report]:
                Reports.Add((kind, Address(report[..6]), Convert.ToHexStringLower(report[7..^1])));
                Assert.Equal(report.Length - 8, report[6]);
                break;
            case [0x04, 0x3e, _, 0x03, 0, .. var updated]:
                Updates.Add((U16(updated), U16(updated.AsSpan(2))));
                break;
            case [0x04, 0x3e, _, 0x04, 0, .. var features]:
                _connections[U16(features)].Features = features[2];
                break;
            case [0x02, var low, var high, _, _, .. var data]:
                if (_connections.TryGetValue((ushort)((low | (high << 8)) & 0xfff), out var receiver)) receiver.Receive((high & 0x30) == 0x10, data);
                break;
            default:
                Assert.Fail($"not understood: {Convert.ToHexStringLower(packet)}");
                break;
        }
    }

    private void Answered(int opCode, byte[] result)
    {
        Assert.Equal(_command?.OpCode, (ushort)opCode);
        _command!.Value.Result.SetResult(result);
    }

    private void Disconnected(ushort handle, byte reason)
    {
        Assert.True(_connections.Remove(handle, out var connection), "a connection ended that was not there");
        GiveCredits(connection!.Unacknowledged);
        connection.Close(reason);
    }

    private static ushort U16(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    private static BluetoothAddress Address(byte[] bytes) => BluetoothAddress.TryRead(bytes.Reverse().ToArray(), out var address) ? address : default;
}
