using System.Globalization;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Scan;
using Dfu.Protocol.Errors;

namespace Dfu.Fleet.Campaigns;

/// <summary>Who joins a campaign whose targets are heard and not given, and for how long it listens.</summary>
public static partial class CampaignMachine
{
    /// <remarks>A feed is not at work while nobody is left to be updated: that time is not counted.</remarks>
    private static Decision Add(CampaignState state, CampaignEvent.DeviceHeard h)
    {
        if (state.Devices.Contains(h.Device)) return state.Feed ? CameBack(state, h) : state;
        if (!state.Feed && state.Count is { } count && state.Devices.Length >= count) return state;
        var awake = state.IsIdle ? Awake(state, h.At) : state;
        return new(awake with { Devices = state.Devices.Add(h.Device), LastFound = h.At }, [new CampaignEffect.AddDevice(h.Device, h.At)]);
    }

    /// <summary>A unit that had been taken away is there again. Others that failed stay so until somebody asks for them.</summary>
    private static Decision CameBack(CampaignState state, CampaignEvent.DeviceHeard h)
    {
        if (state.Results.GetValueOrDefault(h.Device) is not { Outcome: DeviceOutcome.Failed, Error: DfuError.NotHeard }) return state;
        var run = state.Run + 1;
        var awake = state.IsIdle ? Awake(state, h.At) : state;
        return AskAgain(awake, [h.Device], run) with { Run = run, LastFound = h.At };
    }

    /// <remarks>While the campaign is held, nobody is missed: it listens anew when that is over.</remarks>
    private static Decision EndCollecting(CampaignState state, CampaignEvent.Tick tick, FleetPolicy policy)
    {
        var at = tick.At;
        if (state.Stage != CampaignStage.Collecting || state.Feed || state.IsHeld) return state;
        if (state.Count is { } count)
        {
            if (state.Devices.Length >= count) return state with { Stage = CampaignStage.Running };
            var since = state.LastFound > state.CollectingSince ? state.LastFound : state.CollectingSince ?? state.RunStartedAt;
            if (at - since < policy.Patience) return state;
            var few = string.Create(
                CultureInfo.InvariantCulture, $"Only {state.Devices.Length} of {count} devices were heard; none more for {policy.Patience.TotalSeconds:0} s.");
            return Notice(state with { Stage = CampaignStage.Running }, state.Devices.IsEmpty ? Nobody(state, policy.Patience, tick.Bystanders) : few);
        }

        if (state.CollectingSince is not { } from)
        {
            return at - state.RunStartedAt < policy.Patience + state.ScanTime
                ? state
                : Notice(state with { Stage = CampaignStage.Running }, "No adapter was there to listen for devices.");
        }

        if (at - from < state.ScanTime) return state;
        var closed = state with { Stage = CampaignStage.Running };
        return state.Devices.IsEmpty ? Notice(closed, Nobody(state, state.ScanTime, tick.Bystanders)) : closed;
    }

    /// <summary>That none of the devices that were asked for was heard, and who was instead.</summary>
    private static string Nobody(CampaignState state, TimeSpan listened, string bystanders)
    {
        var nobody = state.NameGlob is { } glob ? $"No device named '{HeardNames.ForPeople(glob)}'" : "No device";
        if (bystanders.Length == 0) return $"{nobody} was heard; check that they are powered and near, or listen longer.";
        var kind = state.NameGlob is null ? " that advertises DFU" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{nobody}{kind} was heard in {listened.TotalSeconds:0.#} s; heard: {bystanders}.");
    }
}
