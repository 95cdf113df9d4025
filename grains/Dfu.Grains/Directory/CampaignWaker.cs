using Dfu.Fleet;
using Dfu.Fleet.Turns;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Dfu.Grains.Directory;

/// <summary>
/// Has unfinished campaigns at work: when this silo starts, and when another has died that may have had one. A campaign whose devices
/// are all gone with it hears from nobody, and reminders come by the minute.
/// </summary>
public sealed class CampaignWaker(FleetHost host, IGrainFactory grains, IClusterMembershipService membership, ILogger<CampaignWaker> log)
    : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    /// <summary>For as long as a cluster may take to settle after a death.</summary>
    private const int Tries = 15;

    private readonly CancellationTokenSource _stop = new();

    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(nameof(CampaignWaker), ServiceLifecycleStage.Active, StartAsync, StopAsync);

    public void Dispose() => _stop.Dispose();

    private Task StartAsync(CancellationToken cancellationToken)
    {
        OwnWork.Run(log, "watch for silos that die", host.Silo, () => WatchAsync(_stop.Token), LogLevel.Error);
        return Task.CompletedTask;
    }

    private Task StopAsync(CancellationToken cancellationToken)
    {
        _stop.Cancel();
        return Task.CompletedTask;
    }

    private async Task WatchAsync(CancellationToken stopped)
    {
        var known = membership.CurrentSnapshot;
        await WakeAsync(stopped);
        await foreach (var now in membership.MembershipUpdates.WithCancellation(stopped))
        {
            var died = now.CreateUpdate(known).Changes.Any(static member => member.Status == SiloStatus.Dead);
            known = now;
            if (died) await WakeAsync(stopped);
        }
    }

    private async Task WakeAsync(CancellationToken stopped)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                await grains.GetGrain<IFleetGrain>(0).WakeAsync();
                return;
            }
            catch (Exception e) when (tries < Tries && !stopped.IsCancellationRequested)
            {
                log.WorkFailed(LogLevel.Debug, host.Silo, "wake all unfinished campaigns yet", e);
            }
            catch (Exception e)
            {
                if (!stopped.IsCancellationRequested) log.NotAllWoken(e);
                return;
            }

            await Task.Delay(host.Times.Again, host.Time, stopped);
        }
    }
}

public static class CampaignServices
{
    /// <summary>For silos that go on with campaigns by themselves.</summary>
    public static ISiloBuilder AddCampaignWaker(this ISiloBuilder silo)
    {
        silo.Services.AddSingleton<CampaignWaker>();
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(static services => services.GetRequiredService<CampaignWaker>());
        return silo;
    }
}
