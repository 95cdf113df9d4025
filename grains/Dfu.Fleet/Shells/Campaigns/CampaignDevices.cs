using System.Collections.Immutable;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Shells.Campaigns;

/// <summary>What a campaign knows of its devices without asking: the states they sent, and when each was heard from.</summary>
internal sealed class CampaignDevices(TimeSpan again)
{
    private readonly Dictionary<BluetoothAddress, Entry> _entries = [];
    private ImmutableArray<WatchedDevice> _watched;
    private int _watchedCount;

    /// <summary>Takes a state that a device sent; one that is older than what is known is passed over.</summary>
    public void Take(DeviceState device, DateTimeOffset now)
    {
        var entry = Of(device.Id);
        entry.HeardFrom = now;
        if (entry.State is { } known && IsOlder(device, known)) return;
        if (entry.State is null || (entry.State.Application, entry.State.Bootloader) != (device.Application, device.Bootloader)) _watched = default;
        entry.State = device;
    }

    /// <summary>What was asked for; anything the device sent by itself is newer.</summary>
    public void Fetched(BluetoothAddress id, DeviceState? device)
    {
        var entry = Of(id);
        entry.Known = true;
        if (entry.State is not null || device is null) return;
        entry.State = device;
        _watched = default;
    }

    public DeviceState? Get(BluetoothAddress id) => _entries.GetValueOrDefault(id)?.State;

    /// <summary>Devices nothing is known of although they may have been at work before this activation.</summary>
    public ImmutableArray<BluetoothAddress> Unknown(CampaignState campaign) => [.. campaign.Devices.Where(id => Of(id) is { Known: false, State: null })];

    /// <summary>A device of which there is nothing to be known yet.</summary>
    public void IsNew(BluetoothAddress id) => Of(id).Known = true;

    /// <summary>It is to be called at once.</summary>
    public void CallNow(BluetoothAddress id)
    {
        var entry = Of(id);
        entry.Urgent = true;
        (entry.HeardFrom, entry.NotBefore) = (null, default);
    }

    /// <summary>Devices that are to take part and have been silent for long or were never called; each is marked as being called.</summary>
    public ImmutableArray<BluetoothAddress> Due(CampaignState campaign, int most, DateTimeOffset now)
    {
        if (most <= 0) return [];
        var due = ImmutableArray.CreateBuilder<BluetoothAddress>();
        foreach (var id in CampaignGroups.TakingPart(campaign))
        {
            var entry = Of(id);
            if (entry.Calling || now < entry.NotBefore || now - entry.HeardFrom < 2 * again) continue;
            (entry.Calling, entry.Urgent) = (true, false);
            due.Add(id);
            if (due.Count == most) break;
        }

        return due.ToImmutable();
    }

    /// <summary>Attempts that are under way, as far as devices have told.</summary>
    public IEnumerable<(BluetoothAddress Device, int Attempt)> Running(CampaignState campaign) =>
        from entry in _entries
        where entry.Value.State is { Running: true } && !campaign.Results.ContainsKey(entry.Key)
        select (entry.Key, entry.Value.State!.Attempt);

    /// <summary>The device that has this address, by the name that its campaign knows it by; null for a stranger.</summary>
    /// <param name="shown">Its devices as they were when it ended; default while it is not over.</param>
    public BluetoothAddress? Named(CampaignState campaign, ImmutableArray<DeviceView> shown, BluetoothAddress address)
    {
        if (campaign.Devices.Contains(address)) return address;
        for (var i = 0; i < campaign.Devices.Length; i++)
        {
            var id = campaign.Devices[i];
            var (application, bootloader) = !shown.IsDefault ? (shown[i].Application, shown[i].Bootloader) : (Get(id)?.Application, Get(id)?.Bootloader);
            if (application == address || bootloader == address) return id;
        }

        return null;
    }

    /// <param name="joined">Whether it takes part; null when the call failed.</param>
    public void Called(BluetoothAddress id, bool? joined, DateTimeOffset now)
    {
        var entry = Of(id);
        entry.Calling = false;
        if (entry.Urgent) return;
        entry.NotBefore = now + again;
        if (joined == true) entry.HeardFrom = now;
    }

    public ImmutableArray<WatchedDevice> Watched(CampaignState campaign)
    {
        if (!_watched.IsDefault && _watchedCount == campaign.Devices.Length) return _watched;
        _watchedCount = campaign.Devices.Length;
        return _watched = [.. campaign.Devices
            .Select(id => new WatchedDevice { Device = id, Application = Get(id)?.Application, Bootloader = Get(id)?.Bootloader })];
    }

    /// <summary>Runs and attempts only ever grow, and within one a device goes from running to waiting to done.</summary>
    private static bool IsOlder(DeviceState device, DeviceState known)
    {
        if (device.Run != known.Run) return device.Run < known.Run;
        if (device.Attempt != known.Attempt) return device.Attempt < known.Attempt;
        return known.Phase == DevicePhase.Done
            ? device.Running || device.Phase == DevicePhase.BackingOff
            : device.Running && !known.Running;
    }

    private Entry Of(BluetoothAddress id)
    {
        if (!_entries.TryGetValue(id, out var entry)) _entries[id] = entry = new();
        return entry;
    }

    private sealed class Entry
    {
        public DeviceState? State { get; set; }
        public bool Known { get; set; }
        public bool Calling { get; set; }

        /// <summary>It was to be called while a call was under way.</summary>
        public bool Urgent { get; set; }
        public DateTimeOffset? HeardFrom { get; set; }
        public DateTimeOffset NotBefore { get; set; }
    }
}
