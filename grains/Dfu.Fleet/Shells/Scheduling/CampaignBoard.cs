using System.Collections.Immutable;
using Dfu.Adapters;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Identity;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Plans;
using Dfu.Fleet.Scan;
using Dfu.Fleet.Scheduling;
using Dfu.Protocol.Links;

namespace Dfu.Fleet.Shells.Scheduling;

/// <summary>What the scheduler knows of one campaign: whose advertisements matter to it and who heard them.</summary>
/// <param name="born">Nothing can have been heard for it here before.</param>
internal sealed class CampaignBoard(string campaign, TimeSpan again, DateTimeOffset born)
{
    private readonly Dictionary<BluetoothAddress, DateTimeOffset> _told = [];
    private readonly List<BluetoothAddress> _found = [];
    private HeardNames _bystanders = new();
    private CampaignWatch? _watch;

    private DateTimeOffset _openSince = born;

    public string Campaign => campaign;

    /// <summary>None of its devices may begin.</summary>
    public bool Held => _watch is { Held: true };

    public int Priority => _watch?.Priority ?? CampaignPlan.UsualPriority;

    /// <summary>Silence before that is nobody's: nothing can have been heard for it here, or nobody was to begin.</summary>
    public DateTimeOffset OpenSince(DateTimeOffset now) => Held ? now : _openSince;

    public HeardDevices HeardDevices { get; } = new();

    /// <summary>When its campaign spoke last.</summary>
    public DateTimeOffset LastWatch { get; private set; }

    public bool Collecting => _watch is { Collecting: true };

    /// <summary>While it collects: under which names others were heard.</summary>
    public string Bystanders => Collecting ? _bystanders.Describe(_watch?.NameGlob) : "";

    public CampaignLimits? Limits => _watch?.Limits;

    public ImmutableArray<WatchedDevice> Devices => _watch?.Devices ?? [];

    /// <param name="lately">Whom it wants to hear and did not before was heard when these heard it.</param>
    public void Watch(CampaignWatch watch, LatelyHeard lately, DateTimeOffset now)
    {
        LastWatch = now;
        var wantsOthers = _watch is null || watch.Collecting != _watch.Collecting || watch.NameGlob != _watch.NameGlob;
        if (wantsOthers)
        {
            HeardDevices.Collect(watch.Collecting ? CampaignTargets.Wanted(watch.NameGlob) : null);
            _bystanders = new();
        }

        if (!watch.Collecting) _told.Clear();
        if (Held) _openSince = now;
        _watch = watch;
        HeardDevices.Await(watch.Missing);
        var added = new List<BluetoothAddress>();
        foreach (var device in watch.Devices)
        {
            if (HeardDevices.AddTarget(device.Device, watch.NamedByApplication))
                added.AddRange(AdvertMatcher.AddressesOf(device.Device, device.Application, device.Bootloader));
            if (device.Bootloader is { } bootloader) HeardDevices.Correct(device.Device, device.Application ?? device.Device, bootloader, settled: false);
        }

        Hear(wantsOthers ? lately.All(now) : lately.At(added, now), now);
    }

    /// <summary>A device that asks for a slot knows its addresses better than its campaign does.</summary>
    /// <param name="lately">See <see cref="Watch"/>.</param>
    public void Know(DeviceState device, LatelyHeard lately, DateTimeOffset now)
    {
        if (HeardDevices.Know(device, _watch is { NamedByApplication: true }))
            Hear(lately.At(AdvertMatcher.AddressesOf(device.Id, device.Application, device.Bootloader), now), now);
    }

    /// <returns>True when a device was heard that had been silent, or one that may join.</returns>
    public bool Hear(int adapter, in Advertisement advertisement, DateTimeOffset at, DateTimeOffset now)
    {
        var news = HeardDevices.Hear(adapter, advertisement, at, out var found);
        if (found is null && Collecting) _bystanders.Hear(advertisement.Address, advertisement.Name, CampaignTargets.IsLegacy(advertisement));
        if (found is not { } device || (_told.TryGetValue(device, out var told) && now - told < again)) return news;
        _told[device] = now;
        _found.Add(device);
        return true;
    }

    private void Hear(IEnumerable<(int Adapter, Advertisement Advertisement, DateTimeOffset At)> heard, DateTimeOffset now)
    {
        foreach (var (adapter, advertisement, at) in heard) Hear(adapter, advertisement, at, now);
    }

    /// <summary>Devices the campaign is to be told of, in the order they were heard; it is told again later unless it takes them.</summary>
    public ImmutableArray<BluetoothAddress> TakeFound()
    {
        if (_found.Count == 0) return [];
        var found = _found.ToImmutableArray();
        _found.Clear();
        return found;
    }
}
