using Dfu.Adapters.Simulated.Time;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Links;
using Dfu.Simulation.Storage;

namespace Dfu.Simulation.Stations;

/// <summary>What outlives stations: the documents of one after another, and its byte counts. One station at a time.</summary>
internal sealed class StationStore(VirtualTime time)
{
    public VirtualTime Time => time;

    public Database Database { get; } = new(time, new(1));

    public Dictionary<string, InMemoryTrafficLedger> Ledgers { get; } = [];

    public IReadOnlyList<CampaignEntry> Campaigns =>
        Database.Json("fleet/") is { Length: > 0 } json ? [.. FleetJson.Read<DirectoryState>(json).Campaigns.Select(static entry => entry.Shown)] : [];

    /// <summary>Null when there is no such campaign.</summary>
    public CampaignState? Campaign(string id) =>
        Database.Json($"campaign/{id}") is { Length: > 0 } json ? FleetJson.Read<CampaignState>(json) : null;

    /// <summary>What is known of a device beyond its campaigns; null when nothing is.</summary>
    public DevicePassport? Passport(BluetoothAddress device)
    {
        if (Database.Json($"device/{device}") is { Length: > 0 } record) return FleetJson.Read<DeviceRecord>(record).Passport;
        return Database.Json($"history/{device}") is { Length: > 0 } history ? FleetJson.Read<DeviceHistory>(history).Passport : null;
    }

    /// <summary>Keeps what is known of a device that was never part of a campaign here.</summary>
    public void Know(BluetoothAddress device, DevicePassport passport) =>
        Database.Put($"history/{device}", FleetJson.Write(new DeviceHistory { Passport = passport }));
}
