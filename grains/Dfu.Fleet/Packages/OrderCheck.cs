using Dfu.Fleet.Orders;
using Dfu.Fleet.Peers;
using Dfu.Protocol.Errors;

namespace Dfu.Fleet.Packages;

/// <summary>Looks at an order where it enters: at what it says, and at the package it names.</summary>
internal static class OrderCheck
{
    /// <returns>Null when the order is taken.</returns>
    public static async Task<CampaignTicket?> RefusalAsync(CampaignOrder order, IPeers peers)
    {
        if (OrderRules.OfOrder(order.PackageId, order.Targets) is { } wrong) return new() { Refusal = wrong.Error, Detail = wrong.Detail };
        var answer = await peers.Package(order.PackageId).CheckAsync(order.ImageSizes, order.HwVersion, order.Only);
        return answer.Refusal == DfuError.None ? null : new() { Refusal = answer.Refusal, Detail = answer.Detail };
    }
}
