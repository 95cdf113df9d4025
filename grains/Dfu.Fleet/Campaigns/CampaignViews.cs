using System.Collections.Immutable;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Storage;

namespace Dfu.Fleet.Campaigns;

/// <summary>An attempt as its adapter sees it this moment.</summary>
/// <param name="Image">Index of the image under way.</param>
/// <param name="Confirmed">Bytes of that image the device has confirmed.</param>
/// <param name="Rate">Bytes per second now.</param>
public readonly record struct AttemptInSight(int Attempt, DevicePhase Phase, int Image, long Confirmed, DeviceTraffic Traffic, double Rate);

/// <summary>Puts together what operators see: the campaign as it is saved, the states its devices sent, and what adapters see this moment.</summary>
public static class CampaignViews
{
    public static CampaignView Of(CampaignState campaign, ImmutableArray<DeviceView> devices, ImmutableArray<AdapterView> adapters, bool goesOn) => new()
    {
        Id = campaign.Id,
        PackageId = campaign.PackageId,
        Outcome = campaign.Outcome,
        GoesOn = goesOn,
        Collecting = campaign.Stage == CampaignStage.Collecting,
        Devices = devices,
        Adapters = adapters,
        Notices = campaign.Notices,
        Seconds = campaign.Seconds,
    };

    public static CampaignStanding Standing(CampaignState campaign) => new()
    {
        Id = campaign.Id,
        PackageId = campaign.PackageId,
        Name = campaign.Plan.Name,
        Priority = campaign.Plan.Priority,
        Outcome = campaign.Outcome,
        Collecting = campaign.Stage == CampaignStage.Collecting,
        CreatedAt = campaign.CreatedAt,
        EndedAt = campaign.EndedAt,
        Devices = campaign.Devices.Length,
        Updated = campaign.Good,
        AlreadyCurrent = campaign.Results.Values.Count(static result => result.Outcome == DeviceOutcome.AlreadyCurrent),
        Failed = campaign.Results.Values.Count(static result => result.Outcome == DeviceOutcome.Failed),
        Cancelled = campaign.Results.Values.Count(static result => result.Outcome == DeviceOutcome.Cancelled),
        CancelRequested = campaign.CancelRequested,
        Holds = campaign.Holds,
        Groups = CampaignGroups.Views(campaign),
    };

    /// <param name="rssi">dBm at the adapter that hears the device best, null when it was not heard lately.</param>
    public static DeviceView Device(CampaignState campaign, DeviceState device, AttemptInSight? inSight, int? rssi, DateTimeOffset now)
    {
        var state = Settled(campaign, device);
        return inSight is { } attempt && IsUnderWay(state, attempt)
            ? DeviceViews.Of(AsSeen(state, attempt), Most(state.Traffic, attempt.Traffic), attempt.Rate, rssi, now)
            : DeviceViews.Of(state, state.Traffic, 0, rssi, now);
    }

    /// <summary>The device as it is stored.</summary>
    public static DeviceRow Row(CampaignState campaign, DeviceState device, int index)
    {
        var state = Settled(campaign, device);
        var view = DeviceViews.Of(state, state.Traffic, 0, null, state.EndedAt ?? state.StartedAt ?? default);
        return new() { Index = index, View = view, Since = state.EndedAt is null ? state.StartedAt : null };
    }

    /// <summary>The device with what an adapter sees of it this moment; null unless that is its attempt under way.</summary>
    public static DeviceView? InSight(CampaignState campaign, DeviceState device, AttemptInSight attempt)
    {
        var state = Settled(campaign, device);
        return IsUnderWay(state, attempt)
            ? DeviceViews.Of(AsSeen(state, attempt), Most(state.Traffic, attempt.Traffic), attempt.Rate, null, default)
            : null;
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

        return state.Phase == DevicePhase.Done && state.Run < campaign.Retrying.GetValueOrDefault(state.Id)
            ? state with { Phase = DevicePhase.Queued, Outcome = DeviceOutcome.Pending, Error = default, Detail = "", EndedAt = null }
            : state;
    }

    private static bool IsUnderWay(DeviceState state, AttemptInSight attempt) =>
        state.Outcome == DeviceOutcome.Pending && (attempt.Attempt > state.Attempt || (attempt.Attempt == state.Attempt && state.Running));

    private static DeviceState AsSeen(DeviceState state, AttemptInSight attempt) => (uint)attempt.Image < (uint)state.Images.Length
        ? state with
        {
            Phase = attempt.Phase,
            Attempt = attempt.Attempt,
            Image = attempt.Image,
            Images = state.Images.SetItem(attempt.Image, state.Images[attempt.Image] with { Confirmed = attempt.Confirmed }),
        }
        : state with { Phase = attempt.Phase, Attempt = attempt.Attempt };

    private static DeviceTraffic Most(DeviceTraffic a, DeviceTraffic b) => new(Math.Max(a.Sent, b.Sent), Math.Max(a.Distinct, b.Distinct));
}
