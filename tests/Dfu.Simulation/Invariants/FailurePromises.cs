using System.Collections.Frozen;
using Dfu.Adapters.Simulated;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using Dfu.Simulation.Faults;
using Dfu.Simulation.Hosts;
using Dfu.Simulation.Runs;

namespace Dfu.Simulation.Invariants;

/// <summary>A device fails only when it refuses what it is sent, or when its attempts are used up by what the run did to it; and it says why.</summary>
internal sealed class FailurePromises(Cluster cluster, SeedPlan plan)
{
    private static readonly FrozenSet<FaultKind> OfHosts = [
        FaultKind.KillHost, FaultKind.KillAfterWrite, FaultKind.KillBeforeWrite, FaultKind.StopHost, FaultKind.HangHost, FaultKind.SuspendHost,
        FaultKind.SplitNetwork, FaultKind.SplitFromDatabase, FaultKind.SlowDatabase, FaultKind.SilentDatabase, FaultKind.FullDatabase,
        FaultKind.LoseMessages, FaultKind.DelayMessages, FaultKind.EndActivation, FaultKind.TwoActivations];

    private static readonly FrozenSet<FaultKind> OfRadios = [FaultKind.LoseRadio, FaultKind.DeafRadio, FaultKind.RadioConnectsNobody, FaultKind.MoveRadio];

    private static readonly FrozenSet<FaultKind> OfDevices = [
        FaultKind.CutLink, FaultKind.PowerCycle, FaultKind.LoseNotification, FaultKind.LoseRequest, FaultKind.StallFlash, FaultKind.StallBootloader,
        FaultKind.InactivityReset, FaultKind.FailFlash, FaultKind.SpoilFlash, FaultKind.GarblePacket];

    /// <param name="happened">The faults of the run.</param>
    public void Check(VirtualDevice device, DeviceRecord record, CampaignState campaign, IReadOnlyCollection<FaultKind> happened)
    {
        var state = record.Device;
        if (state.Error == DfuError.None || state.Detail.Length == 0) cluster.Violate($"{state.Id} failed, and nobody says why");
        if (!IsJustified(device, state, campaign, happened))
            cluster.Violate($"{state.Id} failed after {state.Failures} failures for no reason that is one: {state.Error}, {state.Detail}");
    }

    private bool IsJustified(VirtualDevice device, DeviceState state, CampaignState campaign, IReadOnlyCollection<FaultKind> happened)
    {
        if (cluster.Drivers.IsHarmed(device)) return true; // then what it says need not be so
        if (state.Error.IsRefusal() || state.Error == DfuError.VersionRefused) return Refuses(device, state.Error);
        var isUsedUp = state.Fruitless >= campaign.Limits.MaxFruitlessAttempts || state.Failures >= campaign.Limits.MaxAttempts;
        return state.Error switch
        {
            DfuError.NotHeard or DfuError.NoAdapter => happened.Any(OfHosts.Contains) || happened.Any(OfRadios.Contains),
            DfuError.AdapterLost or DfuError.AdapterFull or DfuError.Interrupted =>
                state.Losses?.Count > campaign.Limits.MaxFruitlessAttempts && (happened.Any(OfHosts.Contains) || happened.Any(OfRadios.Contains)),
            DfuError.ConnectFailed or DfuError.ConnectTimeout =>
                isUsedUp && (plan.Cluster.Radio.ConnectFailureRate > 0 || happened.Any(OfRadios.Contains) || happened.Any(OfDevices.Contains)),
            DfuError.FlashFault => happened.Contains(FaultKind.StallFlash), // one that refuses object after object needs a reset
            DfuError.FlashBusy or DfuError.DataPathStuck => isUsedUp && happened.Contains(FaultKind.StallFlash),
            _ => isUsedUp && (plan.Cluster.Link.DropRate > 0 || happened.Any(OfDevices.Contains) || happened.Any(OfRadios.Contains)),
        };
    }

    /// <summary>It is another hardware, or has taken a newer application.</summary>
    private bool Refuses(VirtualDevice device, DfuError error) => device.Options.HwVersion is not null
        || (error == DfuError.VersionRefused && device.ActivatedImage is { } image && image.Span.SequenceEqual(plan.Packages[^1].Images[0].Firmware.Span));
}
