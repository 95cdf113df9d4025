using System.Collections.Immutable;
using Dfu.Fleet.Audit;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Updates;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;
using Dfu.Simulation.Hosts;

namespace Dfu.Simulation.Messages;

/// <summary>The parts of the fleet as one process reaches them: by post.</summary>
internal sealed class PostPeers(Post post, HostProcess from) : IPeers
{
    public ISchedulerPeer Scheduler => new SchedulerReference(post, from, new(ActorKind.Scheduler, ""));

    public IDirectoryPeer Directory => new DirectoryReference(post, from, new(ActorKind.Directory, ""));

    public IAuditPeer? Audit => new AuditReference(post, from, new(ActorKind.Audit, ""));

    public IDevicePeer Device(BluetoothAddress id) => new DeviceReference(post, from, new(ActorKind.Device, id.ToString()));

    public ICampaignPeer Campaign(string id) => new CampaignReference(post, from, new(ActorKind.Campaign, id));

    public IAdapterPeer Adapter(string id) => new AdapterReference(post, from, new(ActorKind.Adapter, id));

    public IPackagePeer Package(string id) => new PackageReference(post, from, new(ActorKind.Package, id));

    private abstract class Reference<T>(Post post, HostProcess from, ActorName to)
        where T : class
    {
        protected bool IsMade => from.Cluster.Packages.IsMade(to.Key);

        protected Task<TResult> CallAsync<TResult>(Func<T, Task<TResult>> call) => post.CallAsync(from, to, call);

        protected void Acknowledged(DeviceState device) => from.Cluster.Acknowledged(to.Key, device);

        /// <summary>Others have heard of an attempt: it must be stored.</summary>
        protected void Decided(BluetoothAddress device, int attempt) => from.Cluster.Decided(device, attempt);

        protected void Decided(int attempt) => Decided(BluetoothAddress.Parse(to.Key), attempt);

        protected void Received(int attempt, int saved) => from.Cluster.Received(BluetoothAddress.Parse(to.Key), attempt, saved);

        protected Task<bool> CallAsync(Func<T, Task> call) => post.CallAsync<T, bool>(from, to, async peer =>
        {
            await call(peer);
            return true;
        });
    }

    private sealed class DeviceReference(Post post, HostProcess from, ActorName to) : Reference<IDevicePeer>(post, from, to), IDevicePeer
    {
        public Task<bool> JoinAsync(CampaignPlace place) => CallAsync(peer => peer.JoinAsync(place));

        public Task CancelAsync(string campaign, int run, bool drain) => CallAsync(peer => peer.CancelAsync(campaign, run, drain));

        public Task PauseAsync(string campaign, int attempt) => CallAsync(peer => peer.PauseAsync(campaign, attempt));

        public async Task<bool> GrantAsync(DeviceEvent.Granted grant)
        {
            var granted = await CallAsync(peer => peer.GrantAsync(grant));
            if (granted) Decided(grant.Attempt);
            return granted;
        }

        public async Task<ReportReceipt> ReportAsync(AttemptReport report)
        {
            var receipt = await CallAsync(peer => peer.ReportAsync(report));
            Received(report.Attempt, receipt.Saved);
            return receipt;
        }

        public Task AdapterBlamedAsync(string adapter, int epoch, int attempt) => CallAsync(peer => peer.AdapterBlamedAsync(adapter, epoch, attempt));

        public Task<DeviceState?> GetAsync() => CallAsync(peer => peer.GetAsync());

        public Task ForgetAsync(string campaign) => CallAsync(peer => peer.ForgetAsync(campaign));
    }

    private sealed class CampaignReference(Post post, HostProcess from, ActorName to) : Reference<ICampaignPeer>(post, from, to), ICampaignPeer
    {
        public Task RunAsync(CampaignState campaign, ImmutableArray<ClassState> classes, CampaignLabels labels) =>
            CallAsync(peer => peer.RunAsync(campaign, classes, labels));

        public Task WakeAsync() => CallAsync(peer => peer.WakeAsync());

        public Task<bool> AbandonAsync() => CallAsync(peer => peer.AbandonAsync());

        public Task<bool> IsOverAsync() => CallAsync(peer => peer.IsOverAsync());

        public Task CancelAsync() => CallAsync(peer => peer.CancelAsync());

        public Task FoundAsync(ImmutableArray<BluetoothAddress> devices) => CallAsync(peer => peer.FoundAsync(devices));

        public Task ListeningAsync() => CallAsync(peer => peer.ListeningAsync());

        public Task<CampaignKnowledge> KnowledgeAsync(BluetoothAddress device, int attempt, string? deviceClass) =>
            CallAsync(peer => peer.KnowledgeAsync(device, attempt, deviceClass));

        public Task LearnedAsync(LearnedReport report) => CallAsync(peer => peer.LearnedAsync(report));

        public Task DeviceChangedAsync(DeviceState device) => CallAsync(peer => peer.DeviceChangedAsync(device));

        public async Task DeviceEndedAsync(DeviceState device)
        {
            await CallAsync(peer => peer.DeviceEndedAsync(device));
            Acknowledged(device);
        }
    }

    private sealed class AdapterReference(Post post, HostProcess from, ActorName to) : Reference<IAdapterPeer>(post, from, to), IAdapterPeer
    {
        public Task<AttemptAnswer> BeginAsync(AttemptOrder order)
        {
            Decided(order.Device.Id, order.Device.Attempt);
            return CallAsync(peer => peer.BeginAsync(order));
        }

        public Task StopAttemptAsync(AttemptStop stop) => CallAsync(peer => peer.StopAttemptAsync(stop));

        public Task LendSlotAsync(AttemptName attempt) => CallAsync(peer => peer.LendSlotAsync(attempt));

        public Task RetakeSlotAsync(AttemptName attempt) => CallAsync(peer => peer.RetakeSlotAsync(attempt));

        public Task ServedElsewhereAsync(AttemptName attempt) => CallAsync(peer => peer.ServedElsewhereAsync(attempt));
    }

    private sealed class SchedulerReference(Post post, HostProcess from, ActorName to) : Reference<ISchedulerPeer>(post, from, to), ISchedulerPeer
    {
        public Task AdapterAsync(AdapterReport report) => CallAsync(peer => peer.AdapterAsync(report));

        public Task CampaignAsync(CampaignWatch watch) => CallAsync(peer => peer.CampaignAsync(watch));

        public Task<AirReport> WaitingAsync(SlotRequest request) => CallAsync(peer => peer.WaitingAsync(request));

        public Task<LiveReport> LiveAsync(string campaign, bool signals) => CallAsync(peer => peer.LiveAsync(campaign, signals));
    }

    private sealed class DirectoryReference(Post post, HostProcess from, ActorName to) : Reference<IDirectoryPeer>(post, from, to), IDirectoryPeer
    {
        public Task FinishedAsync(string campaign, ImmutableHashSet<string> overtook, bool told) =>
            CallAsync(peer => peer.FinishedAsync(campaign, overtook, told));

        public Task<string> ReopenAsync(string campaign, ImmutableArray<BluetoothAddress> devices) => CallAsync(peer => peer.ReopenAsync(campaign, devices));

        public Task KeepClassAsync(ClassState learned) => CallAsync(peer => peer.KeepClassAsync(learned));
    }

    private sealed class AuditReference(Post post, HostProcess from, ActorName to) : Reference<IAuditPeer>(post, from, to), IAuditPeer
    {
        public Task AppendAsync(ImmutableArray<AuditEntry> entries) => CallAsync(peer => peer.AppendAsync(entries));
    }

    private sealed class PackageReference(Post post, HostProcess from, ActorName to) : Reference<IPackagePeer>(post, from, to), IPackagePeer
    {
        public Task<PackageAnswer> CheckAsync(ImmutableArray<long> imageSizes, uint hwVersion, ImageType? only) => IsMade
            ? Task.FromResult(PackageAnswer.Taken)
            : CallAsync(peer => peer.CheckAsync(imageSizes, hwVersion, only));

        public Task<byte[]?> GetAsync() => CallAsync(static peer => peer.GetAsync());
    }
}
