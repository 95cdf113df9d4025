using Dfu.Fleet;
using Dfu.Fleet.Access;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Shells.Scheduling;
using Dfu.Grains.Turns;
using Microsoft.Extensions.Logging;

namespace Dfu.Grains.Scheduling;

/// <summary>Carries a <see cref="SchedulerActivation"/>.</summary>
internal sealed class SchedulerGrain(FleetHost host, ILogger<SchedulerGrain> logger) : Grain, ISchedulerGrain, IDisposable
{
    private SchedulerActivation? _scheduler;

    private SchedulerActivation Scheduler => _scheduler!;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _scheduler = new(new GrainActivation(GrainContext, "scheduler", GrainFactory, host, logger));
        _scheduler.Begin();
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    public void Dispose() => _scheduler?.Dispose();

    public Task AdapterAsync(AdapterReport report) => Scheduler.AdapterAsync(report);

    public Task CampaignAsync(CampaignWatch watch) => Scheduler.CampaignAsync(watch);

    public Task<AirReport> WaitingAsync(SlotRequest request) => Scheduler.WaitingAsync(request);

    public Task<LiveReport> LiveAsync(string campaign, bool signals) => Scheduler.LiveAsync(campaign, signals);

    public Task<HeardAir> HeardAsync() => Scheduler.HeardAsync();
}
