using Dfu.Protocol.Links;

namespace Dfu.Adapters.Simulated;

/// <summary>The connection events of a link. Runs under the lock of the event queue; only links with something to carry have events.</summary>
public sealed partial class SimulatedLink
{
    private const byte PairingNotSupported = 0x05;

    private readonly Queue<Item> _radio = new();
    private readonly Queue<Item> _waiting = new();
    private readonly Queue<Outgoing> _toHost = new();
    private Queue<Outgoing>? _behindAnswer;
    private long _anchor;
    private long _spacing;
    private long _planned = long.MaxValue;
    private Air.EventQueue.Scheduled? _event;
    private LinkClosure _closure;
    private long _carried;
    private long _objectBytes;
    private long _dropObjectAt = long.MaxValue;
    private bool _closesByHost;
    private bool _closesByDevice;
    private bool _dead;
    private bool _ended;

    /// <summary>The adapter has more or fewer links: the spacing changes at the next event of the old grid.</summary>
    internal void ChangeSpacing(TimeSpan spacing)
    {
        _anchor = NextAfter(_events.Now);
        Interlocked.Exchange(ref _spacing, spacing.Ticks);
        Plan();
    }

    internal void SendToHost(DfuCharacteristic characteristic, byte[] value)
    {
        if (_dead || _ended) return;
        // The ATT layer acknowledges a write before the application can answer it.
        (_behindAnswer ?? _toHost).Enqueue(new Outgoing(_events.Now, characteristic, value, null, 0));
        Plan();
    }

    internal void CloseByDevice()
    {
        _closesByDevice = true;
        Plan();
    }

    /// <summary>Nothing gets through any more; both sides notice after the supervision timeout. A device that was reset is such a side too.</summary>
    internal void Drop()
    {
        if (_dead || _ended) return;
        Kill();
        _events.After(_air.Link.SupervisionTimeout, () => End(LinkClosure.SupervisionTimeout));
    }

    /// <summary>The adapter is gone: the host notices at once, the device after the supervision timeout.</summary>
    internal void LoseAdapter(string reason)
    {
        Drop();
        EndForHost(new LinkClosure(LinkClosure.SupervisionTimeout, reason));
    }

    internal void CloseByHost()
    {
        if (_dead) EndForHost(new LinkClosure(LinkClosure.LocalHost));
        _closesByHost = true;
        Plan();
    }

    private void Kill()
    {
        _dead = true;
        _event?.Cancel();
        _event = null;
        _planned = long.MaxValue;
    }

    /// <summary>The first connection event after a time, that one excluded.</summary>
    private long NextAfter(long time) => time < _anchor ? _anchor : _anchor + ((((time - _anchor) / _spacing) + 1) * _spacing);

    private void Plan()
    {
        if (_dead || _ended) return;
        if (_radio.Count == 0 && _toHost.Count == 0 && !_closesByHost && !_closesByDevice) return;
        var due = NextAfter(Math.Max(_events.Now, _device.ErasingUntil - 1));
        if (_planned <= due && _planned > _events.Now) return;
        _event?.Cancel();
        _planned = due;
        _event = _events.At(due, Happen);
    }

    private void Happen()
    {
        _planned = long.MaxValue;
        _event = null;
        if (_device.ErasingUntil > _events.Now)
        {
            Plan();
            return;
        }

        DeliverToHost();
        if (!_dead && _closesByHost && _radio.Count == 0) End(LinkClosure.LocalHost); // what the radio has taken leaves the air first
        else if (!_dead && _closesByDevice && _toHost.Count == 0) End(LinkClosure.RemoteUser);
        else if (!_dead) DeliverToDevice();
        Plan();
    }

    private void DeliverToHost()
    {
        while (!_dead && _toHost.TryPeek(out var outgoing) && outgoing.Ready < _events.Now)
        {
            _toHost.Dequeue();
            if (outgoing.Answers is { } item)
            {
                item.Answer!.TrySetResult(outgoing.Status);
                continue;
            }

            _notifications.Writer.TryWrite(new LinkNotification(outgoing.Characteristic, outgoing.Value));
            _device.OnDelivered(outgoing.Characteristic);
            _device.CountOperation();
        }
    }

    private void DeliverToDevice()
    {
        for (var slot = 0; slot < _air.Link.PacketsPerEvent && _radio.Count > 0 && !_dead; slot++)
        {
            if (_air.Link.PacketLoss > 0 && _random.NextDouble() < _air.Link.PacketLoss) continue;
            var item = _radio.Dequeue();
            Refill();
            if (item.Kind == ItemKind.Packet) DeliverPacket(item);
            else DeliverRequest(item);
        }
    }

    private void DeliverPacket(Item item)
    {
        if (item.Characteristic != DfuCharacteristic.Packet) return;
        _device.OnPacket(item.Value);
        _carried += item.Value.Length;
        _objectBytes += item.Value.Length;
        if (_device.CountOperation()) return;
        if (_objectBytes >= _dropObjectAt || ReachedByteLimit()) Drop();
    }

    private bool ReachedByteLimit()
    {
        if (_air.Link.DropAfterBytes is not { } limit || _carried < limit) return false;
        if (_device.DroppedByBytes && !_air.Link.DropEveryLink) return false;
        _device.DroppedByBytes = true;
        return true;
    }

    private void DeliverRequest(Item item)
    {
        _behindAnswer = new Queue<Outgoing>();
        var status = item.Kind switch
        {
            ItemKind.Subscribe => _device.OnSubscribe(item.Characteristic, item.Value[0] != 0),
            ItemKind.Read => Read(item),
            ItemKind.Secure => Secure(),
            _ => Write(item),
        };
        _toHost.Enqueue(new Outgoing(_events.Now, item.Characteristic, [], item, status));
        while (_behindAnswer.TryDequeue(out var behind)) _toHost.Enqueue(behind);
        _behindAnswer = null;
        if (_dead) return;
        if (item.Kind == ItemKind.Write && _device.CountOperation()) return;
        if (_objectBytes >= _dropObjectAt) Drop();
    }

    /// <returns>0, or the reason by which the Security Manager refuses: pairing not supported.</returns>
    private byte Secure()
    {
        Encrypted = _device.OnSecure(this, _adapter.GivesIdentityKey);
        return Encrypted ? (byte)0 : PairingNotSupported;
    }

    private byte Write(Item item)
    {
        if (_air.Link.DropRate > 0 && item is { Characteristic: DfuCharacteristic.ControlPoint, Value: [0x01, 0x02, .. { Length: >= 4 } size] })
        {
            var bytes = BitConverter.ToUInt32(size.AsSpan());
            _objectBytes = 0;
            _dropObjectAt = _random.NextDouble() < _air.Link.DropRate ? _random.NextInt64(Math.Min(bytes, ChipModel.PageSize) + 1L) : long.MaxValue;
        }

        return _device.OnWrite(item.Characteristic, item.Value);
    }

    private byte Read(Item item)
    {
        var (status, value) = _device.OnRead(new Guid(item.Value));
        item.Read = value;
        return status;
    }

    private void Refill()
    {
        while (_radio.Count < Capacity && _waiting.TryDequeue(out var item))
        {
            if (item.Withdrawn) continue;
            item.Accepted?.TrySetResult();
            _radio.Enqueue(item);
        }
    }

    private void End(byte reason)
    {
        Kill();
        EndForHost(new LinkClosure(reason));
        _device.OnDisconnected(this, reason);
    }

    private void EndForHost(LinkClosure closure)
    {
        if (_ended) return;
        _ended = true;
        _closure = closure;
        foreach (var item in _radio.Concat(_waiting).Concat(_toHost.Where(o => o.Answers is not null).Select(o => o.Answers!)))
        {
            item.Accepted?.TrySetException(Lost());
            item.Answer?.TrySetException(Lost());
        }

        _radio.Clear();
        _waiting.Clear();
        _toHost.Clear();
        _notifications.Writer.TryComplete();
        _closed.TrySetResult(closure);
        _adapter.OnLinkEnded(this);
    }

    private readonly record struct Outgoing(long Ready, DfuCharacteristic Characteristic, byte[] Value, Item? Answers, byte Status);
}
