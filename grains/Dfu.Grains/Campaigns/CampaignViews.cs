using System.Collections.Immutable;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Links;

namespace Dfu.Grains.Campaigns;

/// <summary>Puts together what operators see: the campaign as it is saved, the states its devices sent, and what adapters see this moment.</summary>
internal static class CampaignViews
{
    public static CampaignView Of(CampaignState campaign, ImmutableArray<DeviceView> devices, LiveReport live, bool goesOn) => new()
    {
        Id = campaign.Id,
        PackageId = campaign.PackageId,
        Outcome = campaign.Outcome,
        GoesOn = goesOn,
        Collecting = campaign.Stage == CampaignStage.Collecting,
        Devices = devices,
        Adapters = live.Adapters,
        Notices = campaign.Notices,
        Seconds = campaign.Seconds,
    };

    public static ImmutableArray<DeviceView> Devices(CampaignState campaign, CampaignDevices devices, LiveReport live, DateTimeOffset now)
    {
        var transfers = new Dictionary<BluetoothAddress, LiveTransfer>(live.Transfers.Length);
        foreach (var transfer in live.Transfers)
        {
            if (!transfers.TryGetValue(transfer.Device, out var other) || other.Attempt < transfer.Attempt) transfers[transfer.Device] = transfer;
        }

        var views = ImmutableArray.CreateBuilder<DeviceView>(campaign.Devices.Length);
        foreach (var id in campaign.Devices)
        {
            var state = Settled(campaign, devices.Get(id) ?? DeviceState.New(id, campaign.ImageSizes, campaign.CreatedAt));
            int? rssi = live.Rssi.TryGetValue(id, out var heard) ? heard : null;
            views.Add(transfers.TryGetValue(id, out var transfer) && IsUnderWay(state, transfer)
                ? DeviceViews.Of(AsSeen(state, transfer), Most(state.Traffic, transfer.Traffic), transfer.Rate, rssi, now)
                : DeviceViews.Of(state, state.Traffic, 0, rssi, now));
        }

        return views.MoveToImmutable();
    }

    /// <summary>The campaign's own record of an outcome counts more than a device's message that came late or never.</summary>
    private static DeviceState Settled(CampaignState campaign, DeviceState state)
    {
        if (campaign.Results.TryGetValue(state.Id, out var result))
        {
            return state.Phase == DevicePhase.Done && (state.Outcome, state.Error) == (result.Outcome, result.Error)
                ? state
                : state with { Phase = DevicePhase.Done, Outcome = result.Outcome, Error = result.Error };
        }

        return campaign.IsPast(state)
            ? state with { Phase = DevicePhase.Queued, Outcome = DeviceOutcome.Pending, Error = default, Detail = "", EndedAt = null }
            : state;
    }

    private static bool IsUnderWay(DeviceState state, LiveTransfer transfer) =>
        state.Outcome == DeviceOutcome.Pending && (transfer.Attempt > state.Attempt || (transfer.Attempt == state.Attempt && state.Running));

    private static DeviceState AsSeen(DeviceState state, LiveTransfer transfer) => (uint)transfer.Image < (uint)state.Images.Length
        ? state with
        {
            Phase = transfer.Phase,
            Attempt = transfer.Attempt,
            Image = transfer.Image,
            Images = state.Images.SetItem(transfer.Image, state.Images[transfer.Image] with { Confirmed = transfer.Confirmed }),
        }
        : state with { Phase = transfer.Phase, Attempt = transfer.Attempt };

    private static DeviceTraffic Most(DeviceTraffic a, DeviceTraffic b) => new(Math.Max(a.Sent, b.Sent), Math.Max(a.Distinct, b.Distinct));
}
