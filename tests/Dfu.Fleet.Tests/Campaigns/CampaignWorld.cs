using System.Collections.Immutable;
using Dfu.Fleet.Audit;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Shells.Campaigns;
using Dfu.Fleet.Storage;
using Dfu.Fleet.Tests.Turns;
using Dfu.Fleet.Updates;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;

namespace Dfu.Fleet.Tests.Campaigns;

/// <summary>A directory and its campaigns, as they are, over documents in memory; devices join and do nothing.</summary>
internal sealed class CampaignWorld(TimeProvider time) : IPeers, IAuditPeer, IPackagePeer, ISchedulerPeer, IDevicePeer
{
    private readonly Dictionary<string, Carried> _campaigns = [];

    public Document DirectoryState { get; } = new();

    public DirectoryState Stored => FleetJson.Read<DirectoryState>(DirectoryState.Text);

    public IEnumerable<string> Ids => _campaigns.Keys;

    /// <summary>Labels of campaigns that are made meanwhile are saved when this completes; null for at once.</summary>
    public TaskCompletionSource? LabelsWait { get; set; }

    /// <summary>No call reaches a campaign.</summary>
    public bool CarriesNothing { get; set; }

    public TimeSpan JoinTakes { get; set; }

    /// <summary>The campaigns that devices were called to, a call each.</summary>
    public List<string> Joined { get; } = [];

    public IDirectoryPeer Directory { get; set; } = null!;

    public ISchedulerPeer Scheduler => this;

    public IAuditPeer? Audit => this;

    public Carried Of(string id)
    {
        if (!_campaigns.TryGetValue(id, out var carried)) _campaigns[id] = carried = new() { State = new() };
        if (carried.Activation is not null) return carried;
        var activation = new BareActivation(time, this);
        var wait = LabelsWait;
        var labels = new Document { Waits = () => wait?.Task ?? Task.CompletedTask };
        carried.Activation = new(id, activation, new(carried.State, new Document(), labels), carried);
        activation.Turn = carried.Activation.TakeTurnAsync;
        carried.Activation.BeginAsync().GetAwaiter().GetResult();
        return carried;
    }

    /// <summary>Its activation ends; the next call begins another.</summary>
    public async Task LeaveAsync(string id)
    {
        await Of(id).Activation.LeaveAsync();
        Of(id).Activation = null!;
    }

    public ICampaignPeer Campaign(string id) => CarriesNothing ? new Called(() => throw new TimeoutException("no answer")) : new Called(() => Of(id));

    public IDevicePeer Device(BluetoothAddress id) => this;

    public IAdapterPeer Adapter(string id) => throw new NotSupportedException();

    public IPackagePeer Package(string id) => this;

    public Task AppendAsync(ImmutableArray<AuditEntry> entries) => Task.CompletedTask;

    public Task<PackageAnswer> CheckAsync(ImmutableArray<long> imageSizes, uint hwVersion, ImageType? only) => Task.FromResult(PackageAnswer.Taken);

    Task<byte[]?> IPackagePeer.GetAsync() => throw new NotSupportedException();

    public Task AdapterAsync(AdapterReport report) => Task.CompletedTask;

    public Task CampaignAsync(CampaignWatch watch) => Task.CompletedTask;

    public Task<AirReport> WaitingAsync(SlotRequest request) => throw new NotSupportedException();

    public Task<LiveReport> LiveAsync(string campaign, bool signals) => throw new NotSupportedException();

    public async Task<bool> JoinAsync(CampaignPlace place)
    {
        Joined.Add(place.Campaign);
        if (JoinTakes > TimeSpan.Zero) await Task.Delay(JoinTakes, time);
        return true;
    }

    public Task CancelAsync(string campaign, int run, bool drain) => Task.CompletedTask;

    public Task PauseAsync(string campaign, int attempt) => Task.CompletedTask;

    public Task<bool> GrantAsync(DeviceEvent.Granted grant) => Task.FromResult(false);

    public Task<ReportReceipt> ReportAsync(AttemptReport report) => throw new NotSupportedException();

    public Task AdapterBlamedAsync(string adapter, int epoch, int attempt) => Task.CompletedTask;

    Task<DeviceState?> IDevicePeer.GetAsync() => Task.FromResult<DeviceState?>(null);

    public Task ForgetAsync(string campaign) => Task.CompletedTask;

    internal sealed class Document : IDocument
    {
        public string Text { get; private set; } = "";

        public bool Full { get; set; }

        public Func<Task> Waits { get; init; } = static () => Task.CompletedTask;

        public Task<string> ReadAsync() => Task.FromResult(Text);

        public async Task WriteAsync(string json)
        {
            if (Full) throw new DfuException(DfuError.DataDirectoryUnusable, "the disk is full");
            await Waits();
            Text = json;
        }

        public Task ClearAsync() => WriteAsync("");
    }

    /// <summary>A campaign, what is stored of it and how it answers.</summary>
    internal sealed class Carried : ICampaignReminder
    {
        public CampaignActivation Activation { get; set; } = null!;

        public required Document State { get; init; }

        /// <summary>Its callers get no answer to an order when this fails.</summary>
        public TaskCompletionSource TimesOut { get; } = new();

        /// <summary>What it answers to whether it is over, and when; null for at once, and what is so.</summary>
        public TaskCompletionSource<bool>? IsOver { get; set; }

        public void Keep()
        {
        }

        public void Drop()
        {
        }
    }

    private sealed class Called(Func<Carried> campaign) : ICampaignPeer
    {
        private CampaignActivation Peer => campaign().Activation;

        public async Task RunAsync(CampaignState state, ImmutableArray<ClassState> classes, CampaignLabels labels)
        {
            var called = campaign();
            await await Task.WhenAny(called.Activation.RunAsync(state, classes, labels), called.TimesOut.Task);
        }

        public Task WakeAsync() => Peer.WakeAsync();

        public Task<bool> AbandonAsync() => Peer.AbandonAsync();

        public Task<bool> IsOverAsync() => campaign().IsOver?.Task ?? Peer.IsOverAsync();

        public Task CancelAsync() => Peer.CancelAsync();

        public Task FoundAsync(ImmutableArray<BluetoothAddress> devices) => Peer.FoundAsync(devices);

        public Task ListeningAsync() => Peer.ListeningAsync();

        public Task<CampaignKnowledge> KnowledgeAsync(BluetoothAddress device, int attempt, string? deviceClass) =>
            Peer.KnowledgeAsync(device, attempt, deviceClass);

        public Task LearnedAsync(LearnedReport report) => Peer.LearnedAsync(report);

        public Task DeviceChangedAsync(DeviceState device) => Peer.DeviceChangedAsync(device);

        public Task DeviceEndedAsync(DeviceState device) => Peer.DeviceEndedAsync(device);
    }
}
