using System.Collections.Immutable;
using Dfu.Fleet.Audit;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Updates;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;

namespace Dfu.Grains;

/// <summary>The parts of a fleet as grains.</summary>
internal sealed class GrainPeers(IGrainFactory grains) : IPeers
{
    private AuditReference? _audit;

    public ISchedulerPeer Scheduler => new SchedulerReference(grains.GetGrain<ISchedulerGrain>(0));

    public IDirectoryPeer Directory => new DirectoryReference(grains.GetGrain<IFleetGrain>(0));

    public IAuditPeer? Audit => _audit ??= FindAudit();

    public IDevicePeer Device(BluetoothAddress id) => new DeviceReference(grains.GetGrain<IDeviceGrain>(id.ToString()));

    public ICampaignPeer Campaign(string id) => new CampaignReference(grains.GetGrain<ICampaignGrain>(id));

    public IAdapterPeer Adapter(string id) => new AdapterReference(grains.GetGrain<IAdapterGrain>(id));

    public IPackagePeer Package(string id) => new PackageReference(grains.GetGrain<IPackageGrain>(id));

    private sealed class DeviceReference(IDeviceGrain grain) : IDevicePeer
    {
        public Task<bool> JoinAsync(CampaignPlace place) => grain.JoinAsync(place);

        public Task CancelAsync(string campaign, int run, bool drain) => grain.CancelAsync(campaign, run, drain);

        public Task PauseAsync(string campaign, int attempt) => grain.PauseAsync(campaign, attempt);

        public Task<bool> GrantAsync(DeviceEvent.Granted grant) => grain.GrantAsync(grant);

        public Task<ReportReceipt> ReportAsync(AttemptReport report) => grain.ReportAsync(report);

        public Task AdapterBlamedAsync(string adapter, int epoch, int attempt) => grain.AdapterBlamedAsync(adapter, epoch, attempt);

        public Task<DeviceState?> GetAsync() => grain.GetAsync();

        public Task ForgetAsync(string campaign) => grain.ForgetAsync(campaign);
    }

    private sealed class CampaignReference(ICampaignGrain grain) : ICampaignPeer
    {
        public Task RunAsync(CampaignState campaign, ImmutableArray<ClassState> classes, CampaignLabels labels) => grain.RunAsync(campaign, classes, labels);

        public Task WakeAsync() => grain.WakeAsync();

        public Task<bool> AbandonAsync() => grain.AbandonAsync();

        public Task<bool> IsOverAsync() => grain.IsOverAsync();

        public Task CancelAsync() => grain.CancelAsync();

        public Task FoundAsync(ImmutableArray<BluetoothAddress> devices) => grain.FoundAsync(devices);

        public Task ListeningAsync() => grain.ListeningAsync();

        public Task<CampaignKnowledge> KnowledgeAsync(BluetoothAddress device, int attempt, string? deviceClass) =>
            grain.KnowledgeAsync(device, attempt, deviceClass);

        public Task LearnedAsync(LearnedReport report) => grain.LearnedAsync(report);

        public Task DeviceChangedAsync(DeviceState device) => grain.DeviceChangedAsync(device);

        public Task DeviceEndedAsync(DeviceState device) => grain.DeviceEndedAsync(device);
    }

    private sealed class AdapterReference(IAdapterGrain grain) : IAdapterPeer
    {
        public Task<AttemptAnswer> BeginAsync(AttemptOrder order) => grain.BeginAsync(order);

        public Task StopAttemptAsync(AttemptStop stop) => grain.StopAttemptAsync(stop);

        public Task LendSlotAsync(AttemptName attempt) => grain.LendSlotAsync(attempt);

        public Task RetakeSlotAsync(AttemptName attempt) => grain.RetakeSlotAsync(attempt);

        public Task ServedElsewhereAsync(AttemptName attempt) => grain.ServedElsewhereAsync(attempt);
    }

    private sealed class SchedulerReference(ISchedulerGrain grain) : ISchedulerPeer
    {
        public Task AdapterAsync(AdapterReport report) => grain.AdapterAsync(report);

        public Task CampaignAsync(CampaignWatch watch) => grain.CampaignAsync(watch);

        public Task<AirReport> WaitingAsync(SlotRequest request) => grain.WaitingAsync(request);

        public Task<LiveReport> LiveAsync(string campaign, bool signals) => grain.LiveAsync(campaign, signals);
    }

    /// <remarks>A cluster has an audit when one of its silos has such grains: Orleans says so by not knowing them.</remarks>
    private AuditReference? FindAudit()
    {
        try
        {
            return new(grains.GetGrain<IAuditGrain>(0));
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private sealed class DirectoryReference(IFleetGrain grain) : IDirectoryPeer
    {
        public Task FinishedAsync(string campaign, ImmutableHashSet<string> overtook, bool told) => grain.FinishedAsync(campaign, overtook, told);

        public Task<string> ReopenAsync(string campaign, ImmutableArray<BluetoothAddress> devices) => grain.ReopenAsync(campaign, devices);

        public Task KeepClassAsync(ClassState learned) => grain.KeepClassAsync(learned);
    }

    private sealed class AuditReference(IAuditGrain grain) : IAuditPeer
    {
        public Task AppendAsync(ImmutableArray<AuditEntry> entries) => grain.AppendAsync(entries);
    }

    private sealed class PackageReference(IPackageGrain grain) : IPackagePeer
    {
        public Task<PackageAnswer> CheckAsync(ImmutableArray<long> imageSizes, uint hwVersion, ImageType? only) =>
            grain.CheckAsync(imageSizes, hwVersion, only);

        public Task<byte[]?> GetAsync() => grain.GetAsync();
    }
}
