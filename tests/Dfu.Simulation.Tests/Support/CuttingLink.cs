using Dfu.Benchmarks;
using Dfu.Protocol.Links;

namespace Dfu.Simulation.Tests.Support;

/// <summary>Calls back before and after every control write, after every packet and after every notification, in the order they happen.</summary>
internal sealed class CuttingLink : WrappedLink
{
    private readonly Action _atPoint;

    public CuttingLink(IDfuLink inner, Action atPoint)
        : base(inner)
    {
        _atPoint = atPoint;
        _ = PassOnAsync();
    }

    public override async Task SubscribeAsync(DfuCharacteristic characteristic, CancellationToken cancellationToken)
    {
        await base.SubscribeAsync(characteristic, cancellationToken);
        _atPoint();
    }

    public override async Task WriteAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        _atPoint();
        await base.WriteAsync(characteristic, value, cancellationToken);
        _atPoint();
    }

    public override async ValueTask WriteCommandAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        await base.WriteCommandAsync(characteristic, value, cancellationToken);
        _atPoint();
    }

    protected override void OnNotification(LinkNotification notification)
    {
        Pass(notification);
        _atPoint();
    }
}
