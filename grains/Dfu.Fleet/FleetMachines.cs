using System.Collections.Immutable;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Scheduling;

namespace Dfu.Fleet;

/// <summary>The machines by which a host decides: functions of a state and an event. A simulation watches them, or puts worse ones in their place.</summary>
internal sealed record FleetMachines
{
    public static FleetMachines Plain { get; } = new();

    public Func<DeviceState, DeviceEvent, FleetPolicy, (DeviceState Next, ImmutableArray<DeviceEffect> Effects)> Device { get; init; } = DeviceMachine.Apply;

    public Func<CampaignState, CampaignEvent, FleetPolicy, (CampaignState Next, ImmutableArray<CampaignEffect> Effects)> Campaign { get; init; } =
        CampaignMachine.Apply;

    public Func<AdapterState, AdapterEvent, FleetPolicy, (AdapterState Next, ImmutableArray<AdapterEffect> Effects)> Adapter { get; init; } =
        AdapterMachine.Apply;

    public Func<IReadOnlyList<AdapterStanding>, IEnumerable<QueuedDevice>, ImmutableArray<SchedulerCampaign>, DateTimeOffset, ImmutableArray<PlannedGrant>>
        Plan { get; init; } = Planning.Plan;
}
