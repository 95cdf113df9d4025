using Dfu.Fleet.Devices;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Updates;

/// <summary>One attempt to update one device over one adapter: image by image it connects, jumps, sends, activates and verifies.</summary>
/// <remarks>It decides nothing durable: it reports, and the device machine decides what an attempt's end means.</remarks>
public static class UpdateRun
{
    private const string NoApplication = "accepted by the bootloader; no application was sent with it, and none was heard since";

    public static async Task<UpdateResult> RunAsync(
        IUpdateAdapter adapter, UpdateOrder order, IUpdateObserver observer, TimeProvider time, CancellationToken cancellationToken)
    {
        var attempt = new UpdateContext(adapter, order, new TargetDevice(order), observer, time);
        var heard = order.IsToBeRead;
        for (var index = order.Image; !order.IsToBeRead && index < order.Package.Images.Count; index++)
        {
            var hint = index == order.Image ? order.Hint : new TransferHint { Traits = order.Hint.Traits };
            heard = await new ImageUpdate(attempt, index, hint).RunAsync(cancellationToken);
            if (attempt.Current is { } current) return new UpdateResult(true, current) { AlreadyCurrent = true };
        }

        var finish = await new FinishReading(attempt).RunAsync(heard, cancellationToken);
        var hasApplication = order.Package.Images[^1].Type == ImageType.Application;
        var isSilent = !heard && !hasApplication && finish.Check != FinishCheck.Skipped;
        return new UpdateResult(heard, isSilent ? NoApplication : "") { Finish = finish };
    }
}
