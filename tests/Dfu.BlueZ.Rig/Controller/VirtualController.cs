using System.Threading.Channels;
using Dfu.Adapters;
using Dfu.Protocol.Timing;

namespace Dfu.BlueZ.Rig.VirtualControllers;

/// <summary>A Bluetooth LE controller in software: puts an adapter of ours behind a host's own Bluetooth stack.</summary>
/// <remarks>
/// Everything that touches its state runs in one loop, in the order it came. It ends when it is disposed, when its host is gone
/// or when its adapter is lost; its links and its adapter end with it.
/// </remarks>
internal sealed partial class VirtualController : IAsyncDisposable
{
    private readonly IAdapter _adapter;
    private readonly IControllerTransport _transport;
    private readonly ControllerOptions _options;
    private readonly TimeProvider _time;
    private readonly StaticAnswers _answers;
    private readonly Channel<Action> _work = Channel.CreateUnbounded<Action>(new UnboundedChannelOptions { SingleReader = true });
    private readonly HashSet<ushort> _unknown = [];
    private readonly Queue<byte[]> _heldToHost = new();
    private readonly Queue<ReadOnlyMemory<byte>> _heldFromHost = new();
    private CancellationTokenSource? _muted;
    private bool _ending;

    public VirtualController(IAdapter adapter, IControllerTransport transport, ControllerOptions options, TimeProvider time)
    {
        (_adapter, _transport, _options, _time) = (adapter, transport, options, time);
        _answers = new StaticAnswers(options);
        Ended = RunAsync();
        Background.Run("read the host", ReadHostAsync());
        Background.Run("watch the simulated adapter", WatchAdapterAsync());
    }

    /// <summary>Completes when everything of the controller has ended.</summary>
    public Task Ended { get; }

    /// <summary>Commands it was asked for and does not know.</summary>
    public IReadOnlyCollection<ushort> UnknownCommands => _unknown;

    /// <summary>Falls silent: what comes and goes waits. Its links are lost after the supervision timeout.</summary>
    public void Mute() => Post(() =>
    {
        if (_muted is not null) return;
        _muted = new CancellationTokenSource();
        GiveUpConnect(HciStatus.FailedToEstablish);
        Background.Run("lose links", LoseLinksAsync(_muted.Token));
        _options.Log("mute");
    });

    public void Unmute() => Post(() =>
    {
        if (_muted is null) return;
        _muted.Cancel();
        _muted = null;
        _options.Log("no longer mute");
        while (_heldToHost.TryDequeue(out var packet)) _transport.Send(packet);
        while (_heldFromHost.TryDequeue(out var packet)) Handle(packet.Span);
    });

    public async ValueTask DisposeAsync()
    {
        Post(() => _ending = true);
        await Ended;
    }

    private async Task RunAsync()
    {
        try
        {
            while (!_ending && await _work.Reader.WaitToReadAsync())
            {
                while (!_ending && _work.Reader.TryRead(out var action)) action();
            }
        }
        finally
        {
            _work.Writer.TryComplete();
            await _transport.DisposeAsync();
            await EndAirAsync();
            await _adapter.DisposeAsync();
        }
    }

    private async Task ReadHostAsync()
    {
        while (await _transport.FromHost.WaitToReadAsync())
        {
            while (_transport.FromHost.TryRead(out var packet))
            {
                var taken = packet;
                Post(() => Receive(taken));
            }
        }

        Post(() => _ending = true);
    }

    private async Task WatchAdapterAsync()
    {
        var reason = await _adapter.Lost;
        Post(() =>
        {
            _options.Log($"the adapter is lost: {reason}");
            _ending = true;
        });
    }

    private async Task LoseLinksAsync(CancellationToken unmuted)
    {
        try
        {
            await Task.Delay(_options.SupervisionTimeout, _time, unmuted);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        Post(() =>
        {
            foreach (var link in _links.Values) Close(link, HciStatus.SupervisionTimeout);
        });
    }

    /// <summary>False when the controller has ended.</summary>
    private bool Post(Action action) => _work.Writer.TryWrite(action);

    private void Send(byte[] packet)
    {
        if (_muted is not null) _heldToHost.Enqueue(packet);
        else _transport.Send(packet);
    }

    private void Receive(ReadOnlyMemory<byte> packet)
    {
        if (_muted is not null) _heldFromHost.Enqueue(packet);
        else Handle(packet.Span);
    }

    private void Handle(ReadOnlySpan<byte> packet)
    {
        switch (packet)
        {
            case [HciPacket.Command, var low, var high, var length, .. var parameters] when parameters.Length == length:
                Execute((ushort)(low | (high << 8)), parameters);
                break;
            case [HciPacket.Acl, var low, var high, var lengthLow, var lengthHigh, .. var data] when data.Length == (lengthLow | (lengthHigh << 8)):
                Carry((ushort)((low | (high << 8)) & 0xfff), continues: ((high >> 4) & 0x3) == 1, data);
                break;
            default:
                _options.Log($"a packet that is neither command nor data: {Convert.ToHexStringLower(packet[..Math.Min(packet.Length, 16)])}");
                break;
        }
    }

    private void Execute(ushort opCode, ReadOnlySpan<byte> parameters)
    {
        if (_answers.Answer(opCode, parameters) is { } answer) Complete(opCode, answer);
        else if (!TryScan(opCode, parameters) && !TryConnect(opCode, parameters) && !TryControlLink(opCode, parameters)) Refuse(opCode);
    }

    private void Refuse(ushort opCode)
    {
        if (_unknown.Add(opCode)) _options.Log($"unknown command 0x{opCode:x4}");
        Complete(opCode, HciStatus.UnknownCommand);
    }

    private void Complete(ushort opCode, params ReadOnlySpan<byte> result) => Send(HciEvents.CommandComplete(opCode, result));

    private void Status(ushort opCode, byte status = HciStatus.Success) => Send(HciEvents.CommandStatus(opCode, status));
}
