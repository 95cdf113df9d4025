using System.Collections.Immutable;
using Dfu.Fleet;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Shells.Campaigns;
using Dfu.Fleet.Updates;
using Dfu.Grains.Storage;
using Dfu.Grains.Turns;
using Dfu.Protocol.Links;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Storage;

namespace Dfu.Grains.Campaigns;

/// <summary>Carries a <see cref="CampaignActivation"/>.</summary>
[Reentrant]
internal sealed class CampaignGrain(
    FleetHost host,
    [FromKeyedServices(StorageNames.State)] IGrainStorage storage,
    ILogger<CampaignGrain> logger) : Grain, ICampaignGrain, IOwnTurns, IRemindable
{
    private CampaignActivation? _campaign;

    private CampaignActivation Campaign => _campaign!;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var id = this.GetPrimaryKeyString();
        var activation = new GrainActivation(GrainContext, id, GrainFactory, host, logger, self: this.AsReference<IOwnTurns>());
        var documents = new CampaignDocuments(Document("campaign"), Document("campaign-summary"), Document("campaign-labels"));
        _campaign = new(id, activation, documents, new CampaignReminder(this, ServiceProvider, logger));
        return _campaign.BeginAsync();

        GrainDocument Document(string name) => new(storage, name, this.GetGrainId());
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => _campaign?.LeaveAsync() ?? Task.CompletedTask;

    public Task RunAsync(CampaignState campaign, ImmutableArray<ClassState> classes, CampaignLabels labels) => Campaign.RunAsync(campaign, classes, labels);

    public Task WakeAsync() => Campaign.WakeAsync();

    public Task<CampaignChanges> ChangesAsync(CampaignCursor since, TimeSpan atMostOld) => Campaign.ChangesAsync(since, atMostOld);

    public Task<bool> AbandonAsync() => Campaign.AbandonAsync();

    public Task<bool> IsOverAsync() => Campaign.IsOverAsync();

    public Task CancelAsync() => Campaign.CancelAsync();

    public Task<ControlAnswer> ControlAsync(CampaignControl control) => Campaign.ControlAsync(control);

    public Task<CampaignStanding> StandingAsync() => Campaign.StandingAsync();

    public Task FoundAsync(ImmutableArray<BluetoothAddress> devices) => Campaign.FoundAsync(devices);

    public Task ListeningAsync() => Campaign.ListeningAsync();

    public Task<CampaignKnowledge> KnowledgeAsync(BluetoothAddress device, int attempt, string? deviceClass) =>
        Campaign.KnowledgeAsync(device, attempt, deviceClass);

    public Task LearnedAsync(LearnedReport report) => Campaign.LearnedAsync(report);

    public Task DeviceChangedAsync(DeviceState device) => Campaign.DeviceChangedAsync(device);

    public Task DeviceEndedAsync(DeviceState device) => Campaign.DeviceEndedAsync(device);

    public Task ForgetAsync() => Campaign.ForgetAsync();

    public Task TakeTurnAsync() => Campaign.TakeTurnAsync();

    public Task ReceiveReminder(string reminderName, TickStatus status)
    {
        Campaign.Reminded();
        return Task.CompletedTask;
    }
}
