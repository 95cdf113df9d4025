using Dfu.Benchmarks;
using Dfu.Protocol.Links;

namespace Dfu.Simulation.Tests.Support;

internal enum Loss
{
    /// <summary>The request is acknowledged and never handled (docs/bootloader.md F21: the scheduler is full).</summary>
    Request,

    /// <summary>The request is handled and its notification never arrives (the queue of notifications is full).</summary>
    Notification,

    /// <summary>The request is handled, answered, and the acknowledgement of the write never arrives.</summary>
    Acknowledgement,
}

/// <summary>Loses the requests, notifications or acknowledgements on the control point that it is told to, counted over all links.</summary>
internal sealed class LossyLink : WrappedLink
{
    private readonly Func<Loss, bool> _loses;

    public LossyLink(IDfuLink inner, Func<Loss, bool> loses)
        : base(inner)
    {
        _loses = loses;
        _ = PassOnAsync();
    }

    public override async Task WriteAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        if (_loses(Loss.Request)) return;
        await base.WriteAsync(characteristic, value, cancellationToken);
        if (_loses(Loss.Acknowledgement)) await Closed;
    }

    protected override void OnNotification(LinkNotification notification)
    {
        if (!_loses(Loss.Notification)) Pass(notification);
    }
}
