using System.Collections.Immutable;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Links;

namespace Dfu.Simulation.Storage;

/// <summary>A campaign with its devices.</summary>
public sealed record StoredCampaign(CampaignState Campaign, ImmutableArray<DeviceState> Devices);

/// <summary>States to be written together: all of them or none.</summary>
public sealed record FleetChanges
{
    /// <summary>Null when the campaign itself has not changed.</summary>
    public CampaignState? Campaign { get; init; }
    public ImmutableArray<DeviceState> Devices { get; init; } = [];
    public ImmutableArray<ClassState> Classes { get; init; } = [];
}

/// <summary>What survives an engine, as the JSON that grains would store, so that what cannot be stored is noticed. One engine at a time.</summary>
public class FleetStore
{
    private readonly Dictionary<string, (string Campaign, Dictionary<BluetoothAddress, string> Devices)> _campaigns = [];
    private string _directory = FleetJson.Write(new DirectoryState());

    /// <summary>What is known of devices beyond campaigns.</summary>
    public Dictionary<BluetoothAddress, DevicePassport> Passports { get; init; } = [];

    public ITrafficLedger Ledger { get; } = new InMemoryTrafficLedger();

    public DirectoryState Directory => FleetJson.Read<DirectoryState>(_directory);

    public StoredCampaign Load(string campaign)
    {
        var (state, devices) = _campaigns[campaign];
        return new(
            FleetJson.Read<CampaignState>(state),
            [.. devices.OrderBy(static pair => pair.Key).Select(static pair => FleetJson.Read<DeviceState>(pair.Value))]);
    }

    public void Begin(DirectoryState directory, StoredCampaign begun) => Write(() =>
    {
        _directory = FleetJson.Write(directory);
        _campaigns[begun.Campaign.Id] = (FleetJson.Write(begun.Campaign), begun.Devices.ToDictionary(static device => device.Id, FleetJson.Write));
    });

    /// <summary>Writes changes of a campaign; devices not yet known are added.</summary>
    public void Save(string campaign, FleetChanges changes) => Write(() =>
    {
        var (state, devices) = _campaigns[campaign];
        var directory = changes.Classes.Aggregate(Directory, CampaignDirectory.Keep);
        if (changes.Campaign is { } changed)
        {
            state = FleetJson.Write(changed);
            if (changed.Stage == CampaignStage.Finished) directory = directory.Finish(campaign, Overtook(campaign, devices.Keys));
        }

        foreach (var device in changes.Devices) devices[device.Id] = FleetJson.Write(device);
        _campaigns[campaign] = (state, devices);
        _directory = FleetJson.Write(directory);
    });

    private HashSet<string> Overtook(string campaign, ICollection<BluetoothAddress> devices) =>
        [.. _campaigns.Where(other => other.Key != campaign && other.Value.Devices.Keys.Any(devices.Contains)).Select(static other => other.Key)];

    /// <summary>For stores that fail.</summary>
    /// <exception cref="Protocol.Errors.DfuException">DataDirectoryUnusable, whatever the reason.</exception>
    protected virtual void Write(Action write) => write();
}
