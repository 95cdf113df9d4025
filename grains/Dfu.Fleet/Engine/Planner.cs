using System.Collections.Immutable;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Scheduling;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Engine;

/// <summary>Shows the scheduler the present state and turns its grants into events.</summary>
internal sealed class Planner(FleetMachines machines, Hearings hearings, GoodputMeter[] goodput, FleetViews views, FleetPolicy policy)
{
    /// <summary>A transfer whose image is this far along is near its end.</summary>
    private const double NearEnd = 0.9;

    public void Plan(DateTimeOffset now)
    {
        machines.PlanNeeded = false;
        if (!machines.Adapters.Any(adapter => adapter.Free > 0 && adapter.Connecting is null)) return;
        var devices = ImmutableArray.CreateBuilder<SchedulerDevice>();
        foreach (var device in machines.Devices.Values)
        {
            if (device.Phase == DevicePhase.Queued && Waiting(device, now) is { } waiting) devices.Add(waiting);
        }

        if (devices.Count == 0) return;
        var protectedFor = ProtectedFor();
        var snapshot = new SchedulerSnapshot
        {
            Now = now,
            Adapters = [.. machines.Adapters.Select((adapter, i) => Show(adapter, goodput[i], protectedFor[i]))],
            Devices = devices.ToImmutable(),
            MaxConcurrency = policy.MaxConcurrency,
        };
        foreach (var grant in Scheduler.Plan(snapshot)) Carry(grant, now);
    }

    private static SchedulerAdapter Show(AdapterState adapter, GoodputMeter meter, TimeSpan? protectedFor) =>
        new(adapter.Free, adapter.Slots.Length, adapter.Connecting is not null, meter.PerTransfer, protectedFor);

    private SchedulerDevice? Waiting(DeviceState device, DateTimeOffset now)
    {
        var heard = hearings.By(device.Id, device.WaitingSince, now);
        if (heard.IsEmpty) return null;
        var (_, inBootloader) = hearings.Last(device.Id);
        if (!inBootloader && device.AllActivated) return null;
        return new(device.Id, heard, inBootloader, inBootloader ? device.BootloaderUntil : null, device.WaitingSince, machines.Affinity(device, inBootloader));
    }

    /// <summary>Per adapter, how long a transfer still takes that a drop would throw back to the beginning and that has come far.</summary>
    private TimeSpan?[] ProtectedFor()
    {
        var longest = new TimeSpan?[machines.Adapters.Length];
        for (var i = 0; i < longest.Length; i++)
        {
            foreach (var slot in machines.Adapters[i].Slots)
            {
                if (!machines.Devices.TryGetValue(slot.Device, out var device) || device.Phase is not (DevicePhase.Sending or DevicePhase.Saving)) continue;
                var progress = device.Images[device.Image];
                var size = device.ImageSizes[device.Image];
                var traits = CampaignMachine.Prior(machines.Campaign, device.Class);
                var atRisk = traits.Keeps == Keeps.Nothing ? progress.Confirmed - progress.Saved : 0;
                if (progress.Confirmed < NearEnd * size || atRisk < size / 2) continue;
                var rate = views.Rate(device.Id);
                var left = rate > 0 ? TimeSpan.FromSeconds((size - progress.Confirmed) / rate) : Scheduler.WorthWaiting;
                if (!(left <= longest[i])) longest[i] = left;
            }
        }

        return longest;
    }

    private void Carry(Grant grant, DateTimeOffset now)
    {
        if (hearings.Latest(grant.Device) is not { } latest) return;
        var device = machines.Devices[grant.Device];
        var adapter = machines.Adapters[grant.Adapter];
        var (match, heard) = latest;
        var probe = CampaignMachine.ShouldProbe(machines.Campaign, device.Class);
        var granted = new DeviceEvent.Granted(adapter.Id, adapter.Epoch, heard, match.Application, match.Bootloader, probe, now);
        if (!machines.Apply(grant.Device, granted, now) || !probe) return;
        machines.Apply(new CampaignEvent.ProbeStarted(grant.Device), now);
    }
}
