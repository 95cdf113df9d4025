using System.Threading.Channels;
using Dfu.Protocol.Links;

namespace Dfu.Simulation.Tests.Support;

/// <summary>Sees every request and every answer of the control point, delays and doubles some answers, and may let requests overtake packets.</summary>
internal sealed class TroubledLink : IDfuLink
{
    private readonly IDfuLink _inner;
    private readonly Random _random;
    private readonly TimeProvider _time;
    private readonly Trouble _trouble;
    private readonly Channel<LinkNotification> _notifications = Channel.CreateUnbounded<LinkNotification>();
    private readonly Channel<LinkNotification> _late = Channel.CreateUnbounded<LinkNotification>();
    private Task _packets = Task.CompletedTask;

    public TroubledLink(IDfuLink inner, Random random, TimeProvider time, Trouble trouble)
    {
        (_inner, _random, _time, _trouble) = (inner, random, time, trouble);
        _ = PassOnAsync();
        _ = DeliverAsync();
    }

    public int Mtu => _inner.Mtu;
    public IReadOnlySet<DfuCharacteristic> Characteristics => _inner.Characteristics;
    public TimeSpan? Interval => _inner.Interval;
    public bool KeepsOrder => !_trouble.Overtakes;
    public ChannelReader<LinkNotification> Notifications => _notifications.Reader;
    public Task<LinkClosure> Closed => _inner.Closed;

    public Task SecureAsync(CancellationToken cancellationToken) => _inner.SecureAsync(cancellationToken);

    public Task SubscribeAsync(DfuCharacteristic characteristic, CancellationToken cancellationToken) =>
        _inner.SubscribeAsync(characteristic, cancellationToken);

    public async Task WriteAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        if (characteristic == DfuCharacteristic.ControlPoint) _trouble.OnRequest(value.ToArray());
        await _inner.WriteAsync(characteristic, value, cancellationToken);
    }

    public ValueTask WriteCommandAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        _trouble.OnPacket();
        if (!_trouble.Overtakes) return _inner.WriteCommandAsync(characteristic, value, cancellationToken);
        _packets = LaterAsync(_packets, characteristic, value.ToArray());
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _inner.DisposeAsync();

    /// <summary>Packets stay in order among themselves; a request called after them may be first.</summary>
    private async Task LaterAsync(Task before, DfuCharacteristic characteristic, byte[] value)
    {
        await before;
        if (_random.Next(8) == 0) await Task.Delay(TimeSpan.FromMilliseconds(_random.Next(40)), _time);
        try
        {
            await _inner.WriteCommandAsync(characteristic, value, CancellationToken.None);
        }
        catch (Protocol.Errors.DfuException)
        {
            // The link is gone.
        }
    }

    private async Task PassOnAsync()
    {
        while (await _inner.Notifications.WaitToReadAsync())
        {
            while (_inner.Notifications.TryRead(out var notification))
            {
                _late.Writer.TryWrite(notification);
                if (_random.NextDouble() < _trouble.Doubled) _late.Writer.TryWrite(notification);
            }
        }

        _late.Writer.Complete();
    }

    private async Task DeliverAsync()
    {
        while (await _late.Reader.WaitToReadAsync())
        {
            while (_late.Reader.TryRead(out var notification))
            {
                if (_random.NextDouble() < _trouble.Late) await Task.Delay(TimeSpan.FromSeconds(_random.NextDouble() * 8), _time);
                _trouble.OnAnswer(notification.Value.ToArray());
                _notifications.Writer.TryWrite(notification);
            }
        }

        _notifications.Writer.Complete();
    }
}

/// <summary>What goes wrong on a <see cref="TroubledLink"/>, and who is told what passes.</summary>
internal sealed class Trouble
{
    /// <summary>Probability that an answer, and all behind it, comes up to 8 s late.</summary>
    public double Late { get; init; }

    /// <summary>Probability that an answer comes twice.</summary>
    public double Doubled { get; init; }

    public bool Overtakes { get; init; }
    public Action<byte[]> OnRequest { get; init; } = _ => { };
    public Action<byte[]> OnAnswer { get; init; } = _ => { };
    public Action OnPacket { get; init; } = () => { };
}
