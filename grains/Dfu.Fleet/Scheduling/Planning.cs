using System.Collections.Immutable;
using Dfu.Adapters;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Identity;
using Dfu.Protocol.Links;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Scheduling;

/// <summary>An adapter as the planning knows it; its index in the list is its number in <see cref="HeardDevices"/>.</summary>
/// <param name="Rate">Bytes per second and transfer it has lately delivered; 0 when not known.</param>
/// <param name="ProtectedFor">Until a transfer ends that a drop would cost in full and that is near its end; null when there is none.</param>
/// <param name="Host">The host it belongs to.</param>
/// <param name="HostMost">Transfers at once over the adapters of its host; null is no limit.</param>
public sealed record AdapterStanding(AdapterState State, double Rate, TimeSpan? ProtectedFor, string Host = "", int? HostMost = null);

/// <summary>A device that waits for a slot.</summary>
/// <param name="HeardDevices">What its campaign hears.</param>
/// <param name="Campaign">Its campaign's number.</param>
public readonly record struct QueuedDevice(DeviceState Device, HeardDevices HeardDevices, int Campaign = 0);

/// <summary>A device may have a slot of an adapter, and was heard like this.</summary>
public sealed record PlannedGrant(DeviceState Device, AdapterState Adapter, AdvertMatch Match, Advertisement Heard)
{
    public DeviceEvent.Granted At(DateTimeOffset now, bool probe) =>
        new(Device.Attempt + 1, Adapter.Id, Adapter.Epoch, Heard, Match.Application, Match.Bootloader, probe, now);
}

/// <summary>From what is known of devices, adapters and the air to who gets which slot.</summary>
public static class Planning
{
    /// <summary>A transfer whose image is this far along is near its end.</summary>
    private const double NearEnd = 0.9;

    /// <param name="campaigns">What campaigns may have, by their number; one that is not there has no limits.</param>
    public static ImmutableArray<PlannedGrant> Plan(
        IReadOnlyList<AdapterStanding> adapters, IEnumerable<QueuedDevice> queued, ImmutableArray<SchedulerCampaign> campaigns, DateTimeOffset now)
    {
        if (!adapters.Any(static adapter => adapter.State.Free > 0 && adapter.State.Connecting is null)) return [];
        var kept = new Dictionary<string, int>();
        var waiting = new Dictionary<BluetoothAddress, QueuedDevice>();
        var devices = ImmutableArray.CreateBuilder<SchedulerDevice>();
        foreach (var one in queued)
        {
            if (waiting.ContainsKey(one.Device.Id)) continue;
            if (Show(one, adapters, now) is not { } shown)
            {
                if (ComesBack(one.Device, now) && one.Device.Adapter is { } its) kept[its] = kept.GetValueOrDefault(its) + 1;
                continue;
            }

            devices.Add(shown);
            waiting[one.Device.Id] = one;
        }

        if (devices.Count == 0) return [];
        var hosts = adapters.Select(static adapter => adapter.Host).Distinct().ToList();
        var snapshot = new SchedulerSnapshot
        {
            Now = now,
            Adapters = [.. adapters.Select(adapter =>
                new SchedulerAdapter(
                    Math.Max(0, adapter.State.Free - kept.GetValueOrDefault(adapter.State.Id)), adapter.State.Slots.Length,
                    adapter.State.Connecting is not null, adapter.Rate, adapter.ProtectedFor,
                    hosts.IndexOf(adapter.Host)))],
            Devices = devices.ToImmutable(),
            HostLimits = [.. hosts.Select(host => adapters.Where(adapter => adapter.Host == host).Min(static adapter => adapter.HostMost))],
            Campaigns = campaigns,
        };
        var grants = ImmutableArray.CreateBuilder<PlannedGrant>();
        foreach (var grant in Scheduler.Plan(snapshot))
        {
            var (device, heardDevices, _) = waiting[grant.Device];
            if (heardDevices.Latest(grant.Device) is not { } latest) continue;
            grants.Add(new(device, adapters[grant.Adapter].State, latest.Match, latest.Heard));
        }

        return grants.ToImmutable();
    }

    /// <summary>
    /// How long a transfer still takes that a drop would throw back to the beginning and that has come far; short for one between its parts, which has
    /// 10 s to connect and is not to wait for another's connect; null for any other.
    /// </summary>
    /// <param name="rate">Bytes per second the device receives now.</param>
    public static TimeSpan? ProtectedFor(DeviceState device, BootloaderTraits traits, double rate)
    {
        if (IsBetweenParts(device)) return Scheduler.WorthWaiting;
        if (device.Phase is not (DevicePhase.Sending or DevicePhase.Saving)) return null;
        var progress = device.Images[device.Image];
        var size = device.ImageSizes[device.Image];
        var atRisk = traits.Keeps == Keeps.Nothing ? progress.Confirmed - progress.Saved : 0;
        if (progress.Confirmed < NearEnd * size || atRisk < size / 2) return null;
        return rate > 0 ? TimeSpan.FromSeconds((size - progress.Confirmed) / rate) : Scheduler.WorthWaiting;
    }

    /// <summary>The same for an adapter that has several transfers: until the last of those ends.</summary>
    public static TimeSpan? ProtectedFor(IEnumerable<(DeviceState Device, BootloaderTraits Traits, double Rate)> transfers) =>
        transfers.Max(static transfer => ProtectedFor(transfer.Device, transfer.Traits, transfer.Rate));

    /// <summary>
    /// A part is in and the device restarts for the next, or is connected to for it: a bootloader waits for that for 10 s after a
    /// SoftDevice.
    /// </summary>
    private static bool IsBetweenParts(DeviceState device) =>
        (device.Phase == DevicePhase.Verifying && device.Image < device.Images.Length - 1)
        || (device.Phase == DevicePhase.Connecting && device.Image > 0 && device.Images[device.Image - 1].Activated && device.AttemptFruitful);

    /// <summary>It lost its link within the seconds that its bootloader waits for the next part: its slot is kept until it is heard or has left.</summary>
    private static bool ComesBack(DeviceState device, DateTimeOffset now) =>
        device.Image > 0 && device.BootloaderUntil is { } until && until > now && until - now <= DeviceMachine.Continuation;

    private static SchedulerDevice? Show(QueuedDevice queued, IReadOnlyList<AdapterStanding> adapters, DateTimeOffset now)
    {
        var (device, heardDevices, campaign) = queued;
        var (_, inBootloader) = heardDevices.Last(device.Id);
        var heard = ByBond(device, heardDevices.By(device.Id, HeardSince(device), now), inBootloader, adapters);
        if (heard.IsEmpty) return null;
        if (!inBootloader && device is { AllActivated: true, Expects: false }) return null;
        return new(
            device.Id, heard, inBootloader, inBootloader ? device.BootloaderUntil : null, device.WaitingSince,
            campaign, IndexOf(adapters, Retries.Avoids(device)));
    }

    /// <summary>An attempt may have left the device in its other program. Before the first of a campaign it is what it was a moment ago.</summary>
    private static DateTimeOffset HeardSince(DeviceState device) =>
        device.Attempt == device.EarlierAttempts ? device.WaitingSince - HeardDevices.News : device.WaitingSince;

    /// <summary>Of the adapters that hear a device those that may have it.</summary>
    private static ImmutableArray<HeardBy> ByBond(
        DeviceState device, ImmutableArray<HeardBy> heard, bool inBootloader, IReadOnlyList<AdapterStanding> adapters)
    {
        if (device is { BondedWith: null, BondRefusals.IsEmpty: true }) return heard;
        var may = heard
            .Where(one => one.Adapter < adapters.Count && DeviceBonds.MayHave(device, adapters[one.Adapter].State.Id, inBootloader))
            .ToImmutableArray();
        var preferred = DeviceBonds.Preferred(device, inBootloader);
        var first = may.Where(one => adapters[one.Adapter].State is { HeldBy: null } its && its.Id == preferred).ToImmutableArray();
        return first.IsEmpty ? may : first;
    }

    private static int? IndexOf(IReadOnlyList<AdapterStanding> adapters, string? id)
    {
        for (var i = 0; id is not null && i < adapters.Count; i++)
        {
            if (adapters[i].State.Id == id) return i;
        }

        return null;
    }
}
