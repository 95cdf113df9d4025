using System.Collections.Immutable;
using Dfu.Fleet;
using Dfu.Fleet.Access;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Retention;
using Dfu.Fleet.Shells.Retention;
using Dfu.Grains.Storage;
using Dfu.Grains.Turns;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Storage;

namespace Dfu.Grains.Retention;

/// <summary>Carries a <see cref="RetentionActivation"/>.</summary>
[Reentrant]
internal sealed class RetentionGrain(
    FleetHost host,
    [FromKeyedServices(StorageNames.State)] IGrainStorage storage,
    ILogger<RetentionGrain> logger) : Grain, IRetentionGrain, IRemindable
{
    private const string Reminder = "round";
    private RetentionActivation? _retention;

    private RetentionActivation Retention => _retention!;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var activation = new GrainActivation(GrainContext, "retention", GrainFactory, host, logger);
        _retention = new(activation, new GrainDocument(storage, "retention", this.GetGrainId()), new GrainRetentionPeers(GrainFactory), RemindAsync);
        return _retention.BeginAsync();
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _retention?.Leave();
        return Task.CompletedTask;
    }

    public Task RunAsync(RetentionWish wish) => Retention.RunAsync(wish);

    public Task NeededAsync(string package) => Retention.NeededAsync(package);

    public Task<ImmutableArray<KeptPackage>> PackagesAsync() => Retention.PackagesAsync();

    public Task<PackageAnswer> DeletePackageAsync(string package, string by) => Retention.DeletePackageAsync(package, by);

    public Task ReceiveReminder(string reminderName, TickStatus status)
    {
        Retention.Reminded();
        return Task.CompletedTask;
    }

    /// <summary>Where the cluster keeps reminders.</summary>
    private Task RemindAsync() => ServiceProvider.GetService<IReminderTable>() is null
        ? Task.CompletedTask
        : this.RegisterOrUpdateReminder(Reminder, RetentionHost.Every, RetentionHost.Every);
}
