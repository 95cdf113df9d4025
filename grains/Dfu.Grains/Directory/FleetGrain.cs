using System.Collections.Immutable;
using Dfu.Fleet;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Shells.Directory;
using Dfu.Grains.Storage;
using Dfu.Grains.Turns;
using Dfu.Protocol.Links;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Storage;

namespace Dfu.Grains.Directory;

/// <summary>Carries a <see cref="DirectoryActivation"/>.</summary>
[Reentrant]
internal sealed class FleetGrain(
    FleetHost host, [FromKeyedServices(StorageNames.State)] IGrainStorage storage, ILogger<FleetGrain> logger)
    : Grain, IFleetGrain, IOwnTurns
{
    private DirectoryActivation? _directory;

    private DirectoryActivation Directory => _directory!;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var activation = new GrainActivation(GrainContext, "the directory", GrainFactory, host, logger, self: this.AsReference<IOwnTurns>());
        _directory = new(activation, new GrainDocument(storage, "fleet", this.GetGrainId()));
        return _directory.BeginAsync();
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _directory?.Leave();
        return Task.CompletedTask;
    }

    public Task<CampaignTicket> StartAsync(CampaignOrder order) => Directory.StartAsync(order);

    public Task<ImmutableArray<CampaignEntry>> ListAsync() => Directory.ListAsync();

    public Task<DirectoryChanges> ChangesAsync(DirectoryCursor since) => Directory.ChangesAsync(since);

    public Task WakeAsync() => Directory.WakeAsync();

    public Task FinishedAsync(string campaign, ImmutableHashSet<string> overtook, bool told) => Directory.FinishedAsync(campaign, overtook, told);

    public Task<string> ReopenAsync(string campaign, ImmutableArray<BluetoothAddress> devices) => Directory.ReopenAsync(campaign, devices);

    public Task KeepClassAsync(ClassState learned) => Directory.KeepClassAsync(learned);

    public Task<ImmutableArray<ClassState>> ClassesAsync() => Directory.ClassesAsync();

    public Task<ImmutableArray<string>> ForgetAsync(ImmutableArray<string> campaigns) => Directory.ForgetAsync(campaigns);

    public Task TakeTurnAsync() => Directory.TakeTurnAsync();
}
