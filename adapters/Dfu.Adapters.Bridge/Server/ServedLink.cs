using System.Threading.Channels;
using Dfu.Adapters.Bridge.Framing;
using Dfu.Adapters.Bridge.Wire;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Timing;
using Google.Protobuf;
using Body = Dfu.Adapters.Bridge.Wire.ToBridge.BodyOneofCase;

namespace Dfu.Adapters.Bridge.Server;

/// <summary>The bridge's end of one link, from Connect to its one Disconnected.</summary>
/// <remarks>The stream's reading loop only ever queues here; the queue cannot grow beyond the granted credit and one request.</remarks>
/// <param name="freed">Called when the number is free again, right before Disconnected is queued.</param>
#pragma warning disable CA1001 // Nothing here holds a handle, and a late caller may still cancel.
internal sealed class ServedLink(uint number, FrameWriter writer, TimeProvider time, Action<ServedLink> freed)
#pragma warning restore CA1001
{
    /// <summary>Packets granted with Connected.</summary>
    public const int Window = 8;

    private readonly Lock _gate = new();
    private readonly Channel<ToBridge> _queue = Channel.CreateUnbounded<ToBridge>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
    private readonly TaskCompletionSource _closeAsked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _connecting = new();
    private readonly CancellationTokenSource _cut = new();
    private Task _answering = Task.CompletedTask;
    private int _credit;
    private int _requested;
    private bool _ended; // nothing but Disconnected may be said any more

    public uint Number => number;

    /// <summary>Takes a message for this link, on the reading loop.</summary>
    public void Accept(ToBridge message)
    {
        if (_closeAsked.Task.IsCompleted) return;
        switch (message.BodyCase)
        {
            case Body.Disconnect:
                AskToClose();
                return;
            case Body.Connect:
                Fault("the link's number is in use");
                return;
            case Body.WriteCommand:
                if (Interlocked.Decrement(ref _credit) < 0) Fault("a write command without credit");
                else _queue.Writer.TryWrite(message);
                return;
            case Body.Subscribe or Body.Write or Body.Secure or Body.Read:
                if (Interlocked.Exchange(ref _requested, 1) == 1) Fault("a second request while one is outstanding");
                else _queue.Writer.TryWrite(message);
                return;
        }
    }

    /// <summary>Ends the link once everything taken so far has left; safe to call twice.</summary>
    public void AskToClose()
    {
        _queue.Writer.TryComplete();
        _closeAsked.TrySetResult();
        _connecting.Cancel();
    }

    /// <summary>Connects, serves and closes; never throws.</summary>
    /// <param name="turn">Held while connecting: a radio connects to one peripheral at a time.</param>
    public async Task RunAsync(IAdapter radio, Connect connect, SemaphoreSlim turn)
    {
        var (link, reason) = await ConnectAsync(radio, connect, turn);
        if (link is not null) reason = await ServeAsync(link);
        lock (_gate)
        {
            _ended = true;
            freed(this);
            writer.Enqueue(new FromBridge { Link = number, Disconnected = new Disconnected { Reason = reason } });
        }
    }

    /// <summary>Says, once, that the link cannot go on, and closes it; only Disconnected follows.</summary>
    private void Fault(string message)
    {
        if (_closeAsked.Task.IsCompleted) return;
        lock (_gate)
        {
            if (!_ended) writer.Enqueue(new FromBridge { Link = number, Fault = new Fault { Message = WireValues.ForPeople(message) } });
            _ended = true;
        }

        AskToClose();
    }

    private async Task<(IDfuLink? Link, byte Reason)> ConnectAsync(IAdapter radio, Connect connect, SemaphoreSlim turn)
    {
        if (!BluetoothAddress.TryRead(connect.Address.Span, out var address))
        {
            Fault("an address has six bytes");
            return (null, WireValues.Unspecified);
        }

        var timeout = connect.TimeoutMs == 0 ? new LinkOptions().ConnectTimeout : TimeSpan.FromMilliseconds(Math.Min(connect.TimeoutMs, 300_000));
        var mtu = connect.PreferredMtu == 0 ? new LinkOptions().PreferredMtu : (int)Math.Clamp(connect.PreferredMtu, 23, 517);
        var type = connect.AddressType == Wire.AddressType.Public ? AddressType.Public : AddressType.Random;
        var started = time.GetTimestamp();
        var held = false;
        try
        {
            held = await turn.WaitAsync(0, _connecting.Token) || await WaitAsync(turn, timeout);
            var left = timeout - time.GetElapsedTime(started);
            if (!held || left <= TimeSpan.Zero) return (null, LinkClosure.FailedToEstablish);

            using var late = new CancellationTokenSource(left + BridgeTimes.ConnectOvertime, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, _connecting.Token);
            var connected = radio.ConnectAsync(address, type, new LinkOptions { ConnectTimeout = left, PreferredMtu = mtu }, either.Token);
            return (await WithinAsync(connected, either.Token), 0);
        }
        catch (OperationCanceledException)
        {
            return (null, _closeAsked.Task.IsCompleted ? LinkClosure.LocalHost : LinkClosure.FailedToEstablish);
        }
#pragma warning disable CA1031 // Whatever a radio throws, the host is owed its Disconnected.
        catch (Exception e)
#pragma warning restore CA1031
        {
            var error = (e as DfuException)?.Error;
            if (error is null) Fault(e.Message);
            return (null, error switch
            {
                DfuError.ConnectTimeout => LinkClosure.FailedToEstablish,
                DfuError.AdapterFull => WireValues.ConnectionLimit,
                _ => WireValues.Unspecified,
            });
        }
        finally
        {
            if (held) turn.Release();
        }
    }

    /// <summary>Gives a radio that was told to stop a moment to do so, and does not wait for one that goes on.</summary>
    private async Task<IDfuLink> WithinAsync(Task<IDfuLink> connected, CancellationToken cancellationToken)
    {
        try
        {
            return await connected.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (!connected.IsCompleted)
        {
            if (await connected.CameAsync(BridgeTimes.Dispose, time)) return await connected;
            connected.DisposeWhenItComes();
            throw;
        }
    }

    private async Task<bool> WaitAsync(SemaphoreSlim turn, TimeSpan timeout)
    {
        using var late = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, _connecting.Token);
        try
        {
            await turn.WaitAsync(either.Token);
            return true;
        }
        catch (OperationCanceledException) when (!_connecting.IsCancellationRequested)
        {
            return false;
        }
    }

    private async Task<byte> ServeAsync(IDfuLink link)
    {
        var notifying = Task.CompletedTask;
        var working = Task.CompletedTask;
        if (!_closeAsked.Task.IsCompleted)
        {
            var connected = new Connected { Mtu = (uint)link.Mtu, IntervalUs = (uint)(link.Interval?.TotalMicroseconds ?? 0) };
            connected.Characteristics.AddRange(link.Characteristics.Order().Select(c => c.ToWire()));
            connected.Readable.AddRange(link.Readable.Order().Select(static uuid => uuid.ToWire()));
            Send(new FromBridge { Link = number, Connected = connected });
            Grant(Window);
            notifying = NotifyAsync(link);
            working = WorkAsync(link);
            await Task.WhenAny(link.Closed, _closeAsked.Task);
        }

        _queue.Writer.TryComplete();
        if (!link.Closed.IsCompleted)
        {
            await Task.WhenAny(link.Closed, working).CameAsync(BridgeTimes.Drain, time);
            await Task.WhenAny(link.Closed, _answering).CameAsync(BridgeTimes.LastAnswer, time);
        }

        _cut.Cancel();
        await link.DisposeAsync().AsTask().CameAsync(BridgeTimes.Dispose, time);
        await Task.WhenAll(notifying, working, _answering).CameAsync(BridgeTimes.LastAnswer, time);
        return link.Closed.IsCompletedSuccessfully ? (await link.Closed).Reason : LinkClosure.LocalHost;
    }

    private async Task NotifyAsync(IDfuLink link)
    {
        while (await link.Notifications.WaitToReadAsync())
        {
            if (!link.Notifications.TryRead(out var notification)) continue;
            var value = new Notification { Characteristic = notification.Characteristic.ToWire(), Value = UnsafeByteOperations.UnsafeWrap(notification.Value) };
            Send(new FromBridge { Link = number, Notification = value });
            await writer.RoomAsync(CancellationToken.None);
        }
    }

    /// <summary>Calls the link in the order of the stream: packets one after the other, a request as soon as what is before it was taken.</summary>
    private async Task WorkAsync(IDfuLink link)
    {
        try
        {
            while (await _queue.Reader.WaitToReadAsync(_cut.Token))
            {
                if (!_queue.Reader.TryRead(out var message)) continue;
                if (message.BodyCase != Body.WriteCommand)
                {
                    _answering = AnswerAsync(link, message);
                    continue;
                }

                await SendPacketAsync(link, message.WriteCommand);
                Grant(1);
                await writer.RoomAsync(_cut.Token);
            }
        }
        catch (OperationCanceledException)
        {
        }
        catch (DfuException e) when (e.Error == DfuError.LinkLost)
        {
        }
#pragma warning disable CA1031 // A radio that throws anything else has lost the link for the host.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Fault(e.Message);
        }
    }

    private async ValueTask SendPacketAsync(IDfuLink link, WriteCommand packet)
    {
        if (!packet.Characteristic.TryFromWire(out var characteristic)) return;
        try
        {
            await link.WriteCommandAsync(characteristic, packet.Value.Memory, _cut.Token);
        }
        catch (DfuException e) when (e.Error == DfuError.AttError)
        {
            // A write without response is never answered, not even when it is refused.
        }
    }

    private async Task AnswerAsync(IDfuLink link, ToBridge request)
    {
        try
        {
            var answer = request.BodyCase switch
            {
                Body.Secure => await SecureAsync(link),
                Body.Read => await ReadAsync(link, request.Read.Uuid),
                _ => await RequestAsync(link, request),
            };
            Interlocked.Exchange(ref _requested, 0);
            Send(answer);
        }
        catch (OperationCanceledException)
        {
        }
        catch (DfuException e) when (e.Error == DfuError.LinkLost)
        {
        }
#pragma warning disable CA1031 // A radio that throws anything else has lost the link for the host.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Fault(e.Message);
        }
    }

    private async Task<FromBridge> ReadAsync(IDfuLink link, ByteString uuid)
    {
        var reply = new ReadReply { Uuid = uuid };
        try
        {
            if (uuid.TryFromWire(out var characteristic) && link.Readable.Contains(characteristic))
                reply.Value = UnsafeByteOperations.UnsafeWrap(await link.ReadAsync(characteristic, _cut.Token));
            else reply.AttStatus = WireValues.AttributeNotFound;
        }
        catch (DfuException e) when (e.Error == DfuError.AttError)
        {
            reply.AttStatus = e.AttStatus == 0 ? WireValues.UnlikelyError : e.AttStatus;
        }

        return new FromBridge { Link = number, ReadReply = reply };
    }

    private async Task<FromBridge> SecureAsync(IDfuLink link)
    {
        var result = SecureResult.Encrypted;
        try
        {
            await link.SecureAsync(_cut.Token);
        }
        catch (DfuException e) when (e.Error is DfuError.PairingRefused or DfuError.BondRequired)
        {
            result = e.Error == DfuError.BondRequired ? SecureResult.Cannot : SecureResult.Refused;
        }

        return new FromBridge { Link = number, Secured = new Secured { Result = result } };
    }

    private async Task<FromBridge> RequestAsync(IDfuLink link, ToBridge request)
    {
        var subscribes = request.BodyCase == Body.Subscribe;
        var wire = subscribes ? request.Subscribe.Characteristic : request.Write.Characteristic;
        uint status = 0;
        try
        {
            if (!wire.TryFromWire(out var characteristic)) status = WireValues.AttributeNotFound;
            else if (subscribes) await link.SubscribeAsync(characteristic, _cut.Token);
            else await link.WriteAsync(characteristic, request.Write.Value.Memory, _cut.Token);
        }
        catch (DfuException e) when (e.Error is DfuError.AttError or DfuError.NotificationsRefused)
        {
            status = e.AttStatus == 0 ? WireValues.UnlikelyError : e.AttStatus;
        }

        return subscribes
            ? new FromBridge { Link = number, Subscribed = new Subscribed { Characteristic = wire, AttStatus = status } }
            : new FromBridge { Link = number, Written = new Written { Characteristic = wire, AttStatus = status } };
    }

    private void Grant(uint packets)
    {
        Interlocked.Add(ref _credit, (int)packets);
        Send(new FromBridge { Link = number, Credit = new Credit { Packets = packets } });
    }

    private void Send(FromBridge message)
    {
        lock (_gate)
        {
            if (!_ended) writer.Enqueue(message);
        }
    }
}
