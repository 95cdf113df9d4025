using Dfu.Fleet.Adapters;
using Dfu.Fleet.Audit;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Simulation.Faults;
using Dfu.Simulation.Hosts;
using Dfu.Simulation.Runs;

namespace Dfu.Simulation.Invariants;

/// <summary>What is promised whatever happens (docs/RELIABILITY.md), held against devices, operators and every write to the database.</summary>
internal sealed class Promises
{
    private readonly Cluster _cluster;
    private readonly Stored _stored = new();
    private readonly List<Wish> _wishes = [];
    private readonly AuditPromises _audit;
    private readonly DirectoryPromises _directory;
    private readonly CampaignPromises _campaigns;
    private readonly DevicePromises _devices;
    private readonly AdapterPromises _adapters;
    private readonly ImagePromises _images;
    private readonly LimitPromises _limits;

    public Promises(Cluster cluster, SeedPlan plan, Coverage coverage)
    {
        _cluster = cluster;
        _audit = new(cluster, _stored);
        _directory = new(cluster, _stored);
        _campaigns = new(cluster, _stored);
        _devices = new(cluster, _stored, coverage);
        _adapters = new(cluster);
        _images = new(cluster, plan, _stored);
        _limits = new(cluster, _stored);
    }

    public void Watch()
    {
        _images.Watch();
        _cluster.Drivers.Opened = _limits.Opened;
        _cluster.Database.Written = Written;
        (_cluster.Acknowledged, _cluster.Received, _cluster.Decided) = (_campaigns.Acknowledged, _devices.Received, _devices.Decided);
    }

    /// <inheritdoc cref="DirectoryPromises.AllOver"/>
    public bool AllOver => _directory.AllOver;

    /// <summary>Campaigns that wait until somebody resumes them.</summary>
    public IEnumerable<string> Stopped => _stored.Campaigns.Values.Where(static campaign => campaign.IsStopped()).Select(static campaign => campaign.Id);

    /// <summary>There is something for an order to go on with: the campaign is over, and not all of it went well.</summary>
    public bool MayGoOn(string? campaign) => campaign is not null && _stored.Campaigns.GetValueOrDefault(campaign) is { Stage: CampaignStage.Finished } state
        && state.Results.Values.Any(static result => CampaignState.MayTryAgain(result.Outcome));

    /// <summary>Somebody begins to ask.</summary>
    public Wish Wish(string by, bool isKeyed)
    {
        _wishes.Add(new(by, isKeyed));
        return _wishes[^1];
    }

    /// <summary>An order was acknowledged.</summary>
    /// <param name="goesOn">It was to go on with a campaign that had something left to do.</param>
    public void Acknowledged(Wish wish, string key, CampaignTicket ticket, bool goesOn)
    {
        _directory.Acknowledged(key, ticket.Campaign);
        wish.MustBeWritten = !ticket.GoesOn || goesOn;
        if (wish.MustBeWritten && _stored.StoryOf(ticket.Campaign).All(entry => entry.By != wish.By))
            _cluster.Violate($"{ticket.Campaign} was acknowledged to {wish.By}, and nobody wrote that down");
    }

    /// <summary>A control was acknowledged.</summary>
    public void Acknowledged(Wish wish, string campaign, CampaignControl control, ControlAnswer answer)
    {
        if (answer.Error != DfuError.None) return;
        _audit.Acknowledged(wish, campaign, control.Kind);
    }

    /// <summary>Everything is over, and nothing goes wrong any more.</summary>
    /// <param name="happened">The faults of the run.</param>
    public void Check(string? campaign, IReadOnlyCollection<FaultKind> happened)
    {
        _directory.Check();
        _campaigns.Check(_directory.Ordered);
        _audit.Check(_wishes);
        _images.Check(campaign, happened);
    }

    private void Written(HostProcess by, string key, string json)
    {
        if (json.Length == 0) return;
        var name = key[(key.IndexOf('/', StringComparison.Ordinal) + 1)..];
        switch (key[..key.IndexOf('/', StringComparison.Ordinal)])
        {
            case "device":
                var (device, record) = (BluetoothAddress.Parse(name), FleetJson.Read<DeviceRecord>(json));
                var earlier = _stored.Devices.GetValueOrDefault(device);
                _stored.Devices[device] = record;
                _devices.Written(earlier, record);
                _limits.Written(record.Device);
                if (record.Device.Attempt > (earlier?.Device.Attempt ?? 0)) _campaigns.Begins(record.Campaign, device);
                break;
            case "history":
                _devices.Written(BluetoothAddress.Parse(name), FleetJson.Read<DeviceHistory>(json));
                break;
            case "campaign":
                var (campaign, before) = (FleetJson.Read<CampaignState>(json), _stored.Campaigns.GetValueOrDefault(name));
                if (campaign.Abandoned)
                {
                    if (before is not null) _cluster.Violate($"{name} had begun and was abandoned");
                    break;
                }

                _stored.Campaigns[name] = campaign;
                _audit.Written(before, campaign);
                _campaigns.Written(before, campaign);
                break;
            case "fleet":
                _directory.Written(FleetJson.Read<DirectoryState>(json));
                break;
            case "adapter":
                _adapters.Written(by, name, FleetJson.Read<AdapterState>(json));
                break;
            case "audit":
                _audit.Written(FleetJson.Read<AuditHead>(json));
                break;
            case "audit-page":
                _audit.Written(name, FleetJson.Read<AuditPage>(json));
                break;
        }
    }
}
