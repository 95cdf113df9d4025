using System.Collections.Immutable;
using System.Threading.Channels;
using Dfu.Adapters.Bridge.Wire;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Timing;
using Google.Protobuf;
using Body = Dfu.Adapters.Bridge.Wire.FromBridge.BodyOneofCase;

namespace Dfu.Adapters.Bridge.Client;

/// <summary>The host's end of one link.</summary>
internal sealed class BridgeLink : IDfuLink
{
    /// <summary>Far beyond what a peripheral sends unasked; a reader that is so far behind is not coming back.</summary>
    private const int NotificationCapacity = 4096;

    private readonly Lock _gate = new();
    private readonly LinkQueue _queue;
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<LinkClosure> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<LinkNotification> _notifications =
        Channel.CreateBounded<LinkNotification>(new BoundedChannelOptions(NotificationCapacity) { SingleReader = true, SingleWriter = true });

    private readonly BridgeAdapter _adapter;
    private readonly BluetoothAddress _address;
    private readonly TimeProvider _time;
    private bool _closing;
    private string? _detail;

    public BridgeLink(BridgeAdapter adapter, uint number, BluetoothAddress address, TimeProvider time)
    {
        (_adapter, Number, _address, _time) = (adapter, number, address, time);
        _queue = new LinkQueue(adapter.Send);
    }

    /// <summary>1 and up; taken until the bridge has said Disconnected.</summary>
    public uint Number { get; }

    public int Mtu { get; private set; } = 23;

    public IReadOnlySet<DfuCharacteristic> Characteristics { get; private set; } = ImmutableHashSet<DfuCharacteristic>.Empty;

    public IReadOnlySet<Guid> Readable { get; private set; } = ImmutableHashSet<Guid>.Empty;

    public TimeSpan? Interval { get; private set; }

    /// <summary>The contract promises it.</summary>
    public bool KeepsOrder => true;

    public ChannelReader<LinkNotification> Notifications => _notifications.Reader;

    public Task<LinkClosure> Closed => _closed.Task;

    /// <summary>Completes with Connected; fails with ConnectTimeout, ConnectFailed, AdapterFull or AdapterLost.</summary>
    public Task Opened => _opened.Task;

    public async Task SecureAsync(CancellationToken cancellationToken)
    {
        if (!_adapter.Secures) throw new DfuException(DfuError.BondRequired, $"{_adapter.Name} says nothing of being able to pair");
        var reply = await AskAsync(new ToBridge { Link = Number, Secure = new Secure() }, Body.Secured, default, BridgeTimes.Secure, cancellationToken);
        if (reply.Secured.Result == SecureResult.Encrypted) return;
        throw reply.Secured.Result == SecureResult.Cannot
            ? new DfuException(DfuError.BondRequired, $"{_adapter.Name} cannot pair")
            : new DfuException(DfuError.PairingRefused, $"{_address} does not pair with {_adapter.Name}");
    }

    public Task SubscribeAsync(DfuCharacteristic characteristic, CancellationToken cancellationToken) =>
        RequestAsync(
            new ToBridge { Link = Number, Subscribe = new Subscribe { Characteristic = characteristic.ToWire() } },
            Body.Subscribed,
            characteristic.ToWire(),
            characteristic.ToString(),
            cancellationToken);

    public Task WriteAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value.Length, WireValues.MaxValue, nameof(value));
        var write = new Write { Characteristic = characteristic.ToWire(), Value = UnsafeByteOperations.UnsafeWrap(value) };
        return RequestAsync(new ToBridge { Link = Number, Write = write }, Body.Written, characteristic.ToWire(), characteristic.ToString(), cancellationToken);
    }

    public async Task<ReadOnlyMemory<byte>> ReadAsync(Guid characteristic, CancellationToken cancellationToken)
    {
        if (!Readable.Contains(characteristic))
            throw new ArgumentOutOfRangeException(nameof(characteristic), BluetoothUuid.Describe(characteristic), "the device has no such characteristic");
        var read = new ToBridge { Link = Number, Read = new Read { Uuid = characteristic.ToWire() } };
        var reply = await RequestAsync(read, Body.ReadReply, default, BluetoothUuid.Describe(characteristic), cancellationToken);
        return reply.ReadReply.Value.Memory;
    }

    public ValueTask WriteCommandAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value.Length, WireValues.MaxValue, nameof(value));
        if (cancellationToken.IsCancellationRequested) return ValueTask.FromCanceled(cancellationToken);
        var packet = new ToBridge
        {
            Link = Number,
            WriteCommand = new WriteCommand { Characteristic = characteristic.ToWire(), Value = UnsafeByteOperations.UnsafeWrap(value) },
        };
        LinkQueue.Entry waiting;
        lock (_gate)
        {
            if (_closing) return ValueTask.FromException(Lost());
            // The caller counts the packet when this completes: a process that is killed must not have counted what never left it.
            if (_queue.TrySendPacket(packet)) return _adapter.LeftAsync();
            waiting = _queue.Add(packet);
        }

        return WaitForCreditAsync(waiting, cancellationToken);
    }

    public async ValueTask DisposeAsync() => await CloseAsync(null);

    /// <summary>Asks the bridge to disconnect, once, and waits until it has.</summary>
    /// <param name="detail">Why, when it is not the caller's wish.</param>
    internal async Task CloseAsync(string? detail)
    {
        lock (_gate)
        {
            if (!_closing)
            {
                _closing = true;
                _detail ??= detail;
                _adapter.Send(new ToBridge { Link = Number, Disconnect = new Disconnect() });
                _queue.Fail(Lost);
            }
        }

        if (!await Closed.CameAsync(BridgeTimes.Close, _time)) _adapter.Fail($"it did not confirm a disconnect within {BridgeTimes.Close.TotalSeconds:0} s");
    }

    private void Close(string detail) => Background.Run("close a link over the bridge", CloseAsync(detail));

    /// <summary>Takes what the bridge says about this link, on the reading loop.</summary>
    internal void Handle(FromBridge message)
    {
        switch (message.BodyCase)
        {
            case Body.Connected:
                Open(message.Connected);
                break;
            case Body.Credit when Opened.IsCompletedSuccessfully:
                lock (_gate)
                {
                    if (!_closing) _queue.Grant(message.Credit.Packets);
                }

                break;
            case Body.Notification when message.Notification.Characteristic.TryFromWire(out var characteristic):
                if (!_notifications.Writer.TryWrite(new LinkNotification(characteristic, message.Notification.Value.Memory)) && !_closed.Task.IsCompleted)
                    Close($"{NotificationCapacity} notifications were not read");
                break;
            case Body.Subscribed:
                Answer(message, message.Subscribed.Characteristic);
                break;
            case Body.Written:
                Answer(message, message.Written.Characteristic);
                break;
            case Body.ReadReply or Body.Secured:
                Answer(message, default);
                break;
            case Body.Fault:
                Close($"the bridge reports: {WireValues.ForPeople(message.Fault.Message)}");
                break;
            case Body.Disconnected:
                End((byte)Math.Min(message.Disconnected.Reason, byte.MaxValue), null, null);
                break;
        }
    }

    /// <summary>The link is gone, and its number free.</summary>
    /// <param name="error">What a connect still under way fails with; null derives it from the reason.</param>
    internal void End(byte reason, string? detail, DfuError? error)
    {
        LinkClosure closure;
        lock (_gate)
        {
            _closing = true;
            closure = new LinkClosure(reason, _detail ?? detail);
            if (!_closed.TrySetResult(closure)) return;
            _queue.Fail(Lost);
        }

        _notifications.Writer.TryComplete();
        var failed = error ?? reason switch
        {
            LinkClosure.FailedToEstablish => DfuError.ConnectTimeout,
            WireValues.ConnectionLimit => DfuError.AdapterFull,
            _ => DfuError.ConnectFailed,
        };
        if (_opened.TrySetException(new DfuException(failed, $"connect to {_address}: {closure}"))) _ = _opened.Task.Exception;
    }

    private void Open(Connected connected)
    {
        lock (_gate)
        {
            if (_closing)
            {
                // The host gave up while the radio was still connecting, and a bridge may ignore a Disconnect that came before its link existed.
                if (!_opened.Task.IsCompleted) _adapter.Send(new ToBridge { Link = Number, Disconnect = new Disconnect() });
                return;
            }

            if (_opened.Task.IsCompleted) return;
            Mtu = (int)Math.Clamp(connected.Mtu, 23u, 517u);
            Interval = connected.IntervalUs == 0 ? null : TimeSpan.FromMicroseconds(connected.IntervalUs);
            Characteristics = connected.Characteristics.Where(c => c.TryFromWire(out _)).Select(c => (DfuCharacteristic)(int)c).ToImmutableHashSet();
            Readable = connected.Readable.Where(uuid => uuid.TryFromWire(out _)).Select(uuid => new Guid(uuid.Span, bigEndian: true)).ToImmutableHashSet();
            _opened.TrySetResult();
        }
    }

    private void Answer(FromBridge message, Characteristic characteristic)
    {
        lock (_gate) _queue.Answer(message, characteristic);
    }

    private async Task<FromBridge> RequestAsync(ToBridge message, Body answer, Characteristic characteristic, string name, CancellationToken cancellationToken)
    {
        var reply = await AskAsync(message, answer, characteristic, BridgeTimes.Request, cancellationToken);
        var status = answer switch
        {
            Body.Subscribed => reply.Subscribed.AttStatus,
            Body.ReadReply => reply.ReadReply.AttStatus,
            _ => reply.Written.AttStatus,
        };
        if (status == 0) return reply;
        throw new DfuException(DfuError.AttError, $"{name} at {_address}: ATT status 0x{status:x2}")
        {
            AttStatus = (byte)Math.Min(status, byte.MaxValue),
        };
    }

    private async Task<FromBridge> AskAsync(
        ToBridge message, Body answer, Characteristic characteristic, TimeSpan timeout, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        LinkQueue.Entry request;
        lock (_gate)
        {
            if (_closing) throw Lost();
            request = _queue.Add(message, answer, characteristic);
        }

        try
        {
            return (await request.Done.Task.WithinAsync(timeout, _time, cancellationToken))!;
        }
        catch (TimeoutException)
        {
            var detail = $"{answer} did not come within {timeout.TotalSeconds:0} s";
            Close(detail);
            throw new DfuException(DfuError.RequestTimeout, $"link to {_address}: {detail}");
        }
        catch (OperationCanceledException)
        {
            lock (_gate) _queue.TryWithdraw(request);
            throw;
        }
    }

    private async ValueTask WaitForCreditAsync(LinkQueue.Entry packet, CancellationToken cancellationToken)
    {
        try
        {
            await packet.Done.Task.WithinAsync(BridgeTimes.Credit, _time, cancellationToken);
            await _adapter.LeftAsync();
        }
        catch (TimeoutException)
        {
            Close($"the bridge gave no credit for {BridgeTimes.Credit.TotalSeconds:0} s");
            throw Lost();
        }
        catch (OperationCanceledException)
        {
            bool withdrawn;
            lock (_gate) withdrawn = _queue.TryWithdraw(packet);
            if (withdrawn || !packet.Done.Task.IsCompletedSuccessfully) throw;
        }
    }

    private DfuException Lost()
    {
        var why = _closed.Task.IsCompletedSuccessfully ? _closed.Task.Result.ToString() : _detail ?? "closed by this host";
        return new DfuException(DfuError.LinkLost, $"link to {_address}: {why}");
    }
}
