using System.IO.Hashing;
using Dfu.Adapters.Simulated;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;
using Dfu.Simulation.Hosts;
using Dfu.Simulation.Runs;

namespace Dfu.Simulation.Invariants;

/// <summary>What is promised whatever happens (docs/RELIABILITY.md), held against devices and database.</summary>
internal sealed class Promises(Cluster cluster, SeedPlan plan, Coverage coverage)
{
    private const int ObjectBytes = 4096;

    private readonly Dictionary<string, DeviceRecord> _devices = [];
    private readonly Dictionary<string, CampaignState> _campaigns = [];
    private readonly HashSet<string> _ordered = [];
    private readonly Dictionary<BluetoothAddress, long> _replaced = [];

    public void Watch()
    {
        foreach (var device in cluster.Air.Devices) device.InitReplaced = (init, offset, crc) => Replaced(device, init, offset, crc);
        (cluster.Database.Written, cluster.Acknowledged, cluster.Received, cluster.Decided) = (Written, Acknowledged, Received, Decided);
    }

    /// <summary>The order was acknowledged.</summary>
    public void Ordered(string campaign)
    {
        _ordered.Add(campaign);
        if (cluster.Database.Json($"campaign/{campaign}").Length == 0) cluster.Violate($"{campaign} was acknowledged and is not stored");
    }

    /// <summary>Every campaign that was ordered is over, as it is stored.</summary>
    public bool AllOver => _ordered.Count > 0 && _ordered.All(id => _campaigns.GetValueOrDefault(id)?.Stage == CampaignStage.Finished);

    /// <summary>Others hear of an attempt: what is decided is saved before it has effects.</summary>
    public void Decided(BluetoothAddress device, int attempt)
    {
        var stored = _devices.GetValueOrDefault($"device/{device}")?.Device.Attempt ?? 0;
        if (stored < attempt) cluster.Violate($"others have heard of attempt {attempt} on {device}, and {stored} is stored");
    }

    /// <summary>A device has acknowledged an attempt's events up to this one.</summary>
    public void Received(BluetoothAddress device, int attempt, int saved)
    {
        if (saved == 0 || !_devices.TryGetValue($"device/{device}", out var record)) return;
        if (record.Device.Attempt < attempt || (record.Device.Attempt == attempt && record.Device.Running && record.Device.LastEvent < saved))
            cluster.Violate($"{device} acknowledged event {saved} of attempt {attempt}, and has stored {record.Device.LastEvent} of {record.Device.Attempt}");
    }

    /// <summary>A campaign has acknowledged a device's outcome.</summary>
    public void Acknowledged(string campaign, DeviceState device)
    {
        if (_campaigns.GetValueOrDefault(campaign) is not { } stored) return;
        if (stored.Devices.Contains(device.Id) && !stored.Results.ContainsKey(device.Id) && stored.Retrying.GetValueOrDefault(device.Id) <= device.Run)
            cluster.Violate($"{campaign} acknowledged that {device.Id} ended, and has not stored it");
    }

    /// <summary>Everything is over, and nothing goes wrong any more.</summary>
    public void Check(string? campaign)
    {
        foreach (var ordered in _ordered)
        {
            if (!_campaigns.TryGetValue(ordered, out var state)) cluster.Violate($"{ordered} was acknowledged and is gone");
            else if (state.Stage != CampaignStage.Finished) cluster.Violate($"{ordered} has not ended: {Waits(state)}");
        }

        foreach (var device in cluster.Air.Devices) Check(device, campaign);
    }

    private void Check(VirtualDevice device, string? campaign)
    {
        var name = device.ApplicationAddress;
        var sound = !cluster.Drivers.IsUnsound(name);
        if (sound && device.ActivatedImage is { } image && !plan.Packages.Any(package => IsImage(package, image)))
            cluster.Violate($"{name} activated {image.Length} bytes that nobody sent");
        var images = plan.Packages.Max(static package => (long)package.Images[0].Firmware.Length);
        var resent = device.Counters.FirmwareBytes - (images * Math.Max(1, device.Counters.Activations));
        var lost = device.Counters.LostBytes + device.Counters.OverrunBytes + _replaced.GetValueOrDefault(name)
            + ((long)ObjectBytes * (device.Counters.Connects + cluster.Drivers.Harms(name))) + (cluster.Drivers.Harms(name) > 0 ? images : 0);
        if (resent > lost) cluster.Violate($"{name} was sent {resent} bytes again and had lost {lost} at most");
        // It may be known by either of its addresses; the campaign that was stored for the first time last had it last.
        var had = _devices.Values.Where(record => record.Device.Id == name || record.Device.Id == device.BootloaderAddress)
            .Select(static record => record.Campaign).ToHashSet(StringComparer.Ordinal);
        var last = _campaigns.Keys.LastOrDefault(had.Contains) ?? campaign;
        if (last is null || !_campaigns.TryGetValue(last, out var state) || state.Stage != CampaignStage.Finished) return;
        var id = state.Devices.FirstOrDefault(id => id == device.ApplicationAddress || id == device.BootloaderAddress);
        if (id == default)
        {
            if (device.Mode == DeviceMode.Bootloader && !plan.All) cluster.Violate($"{name} is in its bootloader and in no campaign");
            return;
        }

        var result = state.Results[id];
        var package = plan.Packages.First(package => package.Id == state.PackageId);
        if (sound && result.Outcome.IsGood() && !(device.ActivatedImage is { } activated && IsImage(package, activated)))
            cluster.Violate(
                $"{name} is said to be {result.Outcome} by {last}, and activated {Activated(device)}, not package {plan.Packages.IndexOf(package)}");
        if (sound && device.Mode == DeviceMode.Bootloader && result.Outcome.IsGood())
            cluster.Violate($"{name} is said to be {result.Outcome} and is in its bootloader");
        if (result.Outcome == DeviceOutcome.Failed
            && (result.Error == DfuError.None || DetailOf(id).Length == 0)) cluster.Violate($"{name} failed, and nobody says why");
    }

    private string Activated(VirtualDevice device) => device.ActivatedImage is { } image
        ? $"package {plan.Packages.IndexOf(plan.Packages.FirstOrDefault(package => IsImage(package, image))!)}"
        : "nothing";

    private static bool IsImage(DfuPackage package, ReadOnlyMemory<byte> image) => image.Span.SequenceEqual(package.Images[0].Firmware.Span);

    private string DetailOf(BluetoothAddress id) => _devices.GetValueOrDefault($"device/{id}")?.Device.Detail ?? "";

    private void Replaced(VirtualDevice device, ReadOnlyMemory<byte> init, int offset, uint crc)
    {
        _replaced[device.ApplicationAddress] = _replaced.GetValueOrDefault(device.ApplicationAddress) + offset;
        var record = _devices.Values.FirstOrDefault(record => record.Device.Id == device.ApplicationAddress || record.Device.Id == device.BootloaderAddress);
        if (plan.Packages.FirstOrDefault(package => package.Id == record?.PackageId)?.Images[0] is not { } sent) return;
        var isHeld = init.Span.SequenceEqual(sent.InitPacket.Span) && offset <= sent.Firmware.Length && Crc32.HashToUInt32(sent.Firmware.Span[..offset]) == crc;
        if (isHeld && cluster.Drivers.Harms(device.ApplicationAddress) == 0)
            cluster.Violate($"a command object was created on {device.ApplicationAddress}, which held the init packet and {offset} good bytes behind it");
    }

    private void Written(HostProcess process, string key, string now)
    {
        if (now.Length == 0) return;
        if (key.StartsWith("device/", StringComparison.Ordinal)) Written(key, FleetJson.Read<DeviceRecord>(now));
        else if (key.StartsWith("campaign/", StringComparison.Ordinal)) Written(key["campaign/".Length..], FleetJson.Read<CampaignState>(now));
    }

    private void Written(string key, DeviceRecord record)
    {
        var (device, before) = (record.Device, _devices.GetValueOrDefault(key));
        _devices[key] = record;
        if (before is null) return;
        var known = before.Device;
        if (device.Attempt < known.Attempt) cluster.Violate($"{device.Id} went back from attempt {known.Attempt} to {device.Attempt}");
        if (record.Campaign == before.Campaign && device.Attempt == known.Attempt && device.LastEvent < known.LastEvent)
            cluster.Violate($"{device.Id} forgot what attempt {device.Attempt} had told: event {known.LastEvent} was stored, now it is {device.LastEvent}");
        if (record.Campaign == before.Campaign && device.Run == known.Run && known.Phase == DevicePhase.Done && device.Outcome != known.Outcome)
            cluster.Violate($"{device.Id} was {known.Outcome} and is {device.Outcome} now, although nobody asked for it again");
        coverage.Stored(known, device);
    }

    private void Written(string id, CampaignState campaign)
    {
        var before = _campaigns.GetValueOrDefault(id);
        _campaigns[id] = campaign;
        if (before is null) return;
        if (campaign.Run < before.Run) cluster.Violate($"{id} went back from run {before.Run} to {campaign.Run}");
        foreach (var (device, result) in before.Results)
        {
            if (campaign.Results.GetValueOrDefault(device) == result || campaign.Gone.Contains(device)) continue;
            if (!campaign.Retrying.ContainsKey(device))
                cluster.Violate($"{id} forgot that {device} was {result.Outcome}");
        }

        if (before.Stage == CampaignStage.Finished && campaign.Stage != CampaignStage.Finished && campaign.Run == before.Run)
            cluster.Violate($"{id} was over and goes on, although nobody asked for it again");
    }

    private string Waits(CampaignState state)
    {
        var open = state.Devices.Where(device => !state.Results.ContainsKey(device)).Select(device =>
            _devices.TryGetValue($"device/{device}", out var record) ? $"{device} {record.Device.Phase} attempt {record.Device.Attempt}" : $"{device} unknown");
        return $"{state.Stage}, {string.Join(", ", open)}, {string.Join(", ", state.Holds.Select(static hold => hold.Detail))}";
    }
}
