using Dfu.Protocol.Links;
using Dfu.Protocol.Requests;

namespace Dfu.Benchmarks;

/// <summary>Notes when the first CREATE(data) is written and when the last EXECUTE's answer arrives, and what crosses the link between.</summary>
internal sealed class TimedLink : WrappedLink
{
    private readonly TimeProvider _time;
    private long? _began;
    private long _ended;
    private bool _selectedCommand;

    public TimedLink(IDfuLink inner, TimeProvider time)
        : base(inner)
    {
        _time = time;
        _ = PassOnAsync();
    }

    /// <summary>From the first CREATE(data) to the last answer of an EXECUTE.</summary>
    public TimeSpan Elapsed => _time.GetElapsedTime(_began ?? _ended, _ended);

    /// <summary>Bytes of firmware sent, and EXECUTE(command)s, after the first CREATE(data).</summary>
    public long Bytes { get; private set; }
    public int Saves { get; private set; }

    public override Task WriteAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        switch (value.Span)
        {
            case [OpCode.Create, (byte)ObjectType.Data, ..]:
                _began ??= _time.GetTimestamp();
                break;
            case [OpCode.Select, var type, ..]:
                _selectedCommand = type == (byte)ObjectType.Command;
                break;
            case [OpCode.Execute] when _selectedCommand && _began is not null:
                Saves++;
                break;
        }

        return base.WriteAsync(characteristic, value, cancellationToken);
    }

    public override async ValueTask WriteCommandAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        await base.WriteCommandAsync(characteristic, value, cancellationToken);
        if (_began is not null) Bytes += value.Length;
    }

    protected override void OnNotification(LinkNotification notification)
    {
        if (notification.Value.Span is [OpCode.Response, OpCode.Execute, ..]) _ended = _time.GetTimestamp();
        Pass(notification);
    }
}
