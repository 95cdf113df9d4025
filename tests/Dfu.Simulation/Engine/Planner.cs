using Dfu.Fleet;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Scheduling;

namespace Dfu.Simulation.Engine;

/// <summary>Shows the present state to the planning and turns its grants into events.</summary>
internal sealed class Planner(
    FleetMachines machines, HeardDevices heardDevices, GoodputMeter[] goodput, FleetViews views, FleetPolicy policy, PlanMaker plan)
{
    public void Plan(DateTimeOffset now)
    {
        machines.PlanNeeded = false;
        var adapters = machines.Adapters
            .Select((adapter, i) => new AdapterStanding(adapter, goodput[i].PerTransfer, ProtectedFor(adapter), "", policy.MaxConcurrency)).ToList();
        var queued = machines.Devices.Values.Where(static device => device.Phase == DevicePhase.Queued)
            .Select(device => new QueuedDevice(device, heardDevices));
        foreach (var grant in plan(adapters, queued, now)) Carry(grant, now);
    }

    private TimeSpan? ProtectedFor(AdapterState adapter) => Planning.ProtectedFor(
        from slot in adapter.Slots
        let device = machines.Devices[slot.Device]
        select (device, CampaignMachine.Prior(machines.Campaign, device.Class), views.Rate(device.Id)));

    private void Carry(PlannedGrant grant, DateTimeOffset now)
    {
        var probe = CampaignMachine.ShouldProbe(machines.Campaign, grant.Device.Class);
        if (!machines.Apply(grant.Device.Id, grant.At(now, probe), now) || !probe) return;
        machines.Apply(new CampaignEvent.ProbeStarted(grant.Device.Id, grant.Device.Attempt + 1), now);
    }
}
