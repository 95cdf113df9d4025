using System.Threading.Channels;
using Dfu.Protocol.Links;
using Dfu.Protocol.Requests;

namespace Dfu.Benchmarks;

/// <summary>Notes when the first CREATE(data) is written and when the last EXECUTE's answer arrives, and what crosses the link between.</summary>
internal sealed class TimedLink : IDfuLink
{
    private readonly IDfuLink _inner;
    private readonly TimeProvider _time;
    private readonly Channel<LinkNotification> _notifications = Channel.CreateUnbounded<LinkNotification>();
    private long? _began;
    private long _ended;

    public TimedLink(IDfuLink inner, TimeProvider time)
    {
        (_inner, _time) = (inner, time);
        _ = PassOnAsync();
    }

    public int Mtu => _inner.Mtu;
    public IReadOnlySet<DfuCharacteristic> Characteristics => _inner.Characteristics;
    public TimeSpan? Interval => _inner.Interval;
    public bool KeepsOrder => _inner.KeepsOrder;
    public ChannelReader<LinkNotification> Notifications => _notifications.Reader;
    public Task<LinkClosure> Closed => _inner.Closed;

    /// <summary>From the first CREATE(data) to the last answer of an EXECUTE.</summary>
    public TimeSpan Elapsed => _time.GetElapsedTime(_began ?? _ended, _ended);

    /// <summary>Bytes of firmware sent, CREATE(data)s and EXECUTE(command)s after the first CREATE(data).</summary>
    public long Bytes { get; private set; }
    public int Creates { get; private set; }
    public int Saves { get; private set; }
    private bool _selectedCommand;

    public Task SubscribeAsync(DfuCharacteristic characteristic, CancellationToken cancellationToken) => _inner.SubscribeAsync(characteristic, cancellationToken);

    public Task WriteAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        switch (value.Span)
        {
            case [OpCode.Create, (byte)ObjectType.Data, ..]:
                _began ??= _time.GetTimestamp();
                Creates++;
                break;
            case [OpCode.Select, var type, ..]:
                _selectedCommand = type == (byte)ObjectType.Command;
                break;
            case [OpCode.Execute] when _selectedCommand && _began is not null:
                Saves++;
                break;
        }

        return _inner.WriteAsync(characteristic, value, cancellationToken);
    }

    public async ValueTask WriteCommandAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        await _inner.WriteCommandAsync(characteristic, value, cancellationToken);
        if (_began is not null) Bytes += value.Length;
    }

    public Task<ReadOnlyMemory<byte>> ReadAsync(DfuCharacteristic characteristic, CancellationToken cancellationToken) => _inner.ReadAsync(characteristic, cancellationToken);

    public ValueTask DisposeAsync() => _inner.DisposeAsync();

    private async Task PassOnAsync()
    {
        while (await _inner.Notifications.WaitToReadAsync())
        {
            while (_inner.Notifications.TryRead(out var notification)) PassOn(notification);
        }

        _notifications.Writer.Complete();
    }

    private void PassOn(LinkNotification notification)
    {
        if (notification.Value.Span is [OpCode.Response, OpCode.Execute, ..]) _ended = _time.GetTimestamp();
        _notifications.Writer.TryWrite(notification);
    }
}
