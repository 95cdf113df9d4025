using Dfu.Fleet;
using Dfu.Fleet.Turns;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Dfu.Grains.Retention;

/// <summary>A host's part in retention: it has rounds made, and deletes what only it has.</summary>
public sealed class RetentionHost(FleetHost host, IGrainFactory grains, ILogger<RetentionHost> log) : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    public static readonly TimeSpan Every = TimeSpan.FromDays(1);

    private readonly CancellationTokenSource _stop = new();

    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(
        nameof(RetentionHost),
        ServiceLifecycleStage.Active,
        _ =>
        {
            OwnWork.Run(log, "keep what is over within bounds", host.Silo, () => KeepAsync(_stop.Token), LogLevel.Error);
            return Task.CompletedTask;
        },
        _ =>
        {
            _stop.Cancel();
            return Task.CompletedTask;
        });

    public void Dispose() => _stop.Dispose();

    /// <summary>Has one round made, then gives back what was deleted.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (!await RoundAsync()) cancellationToken.ThrowIfCancellationRequested();
            await host.GiveBack(cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Whatever is left is deleted by the next round; that a silo stops in the middle of one is no news.
            log.WorkFailed(cancellationToken.IsCancellationRequested ? LogLevel.Debug : LogLevel.Warning, host.Silo, "delete what was kept for long enough", e);
        }
    }

    /// <returns>False when the round takes longer than a call may: the next call waits for the same one.</returns>
    private async Task<bool> RoundAsync()
    {
        try
        {
            await grains.GetGrain<IRetentionGrain>(0).RunAsync(host.Retention);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private async Task KeepAsync(CancellationToken stopped)
    {
        while (!stopped.IsCancellationRequested)
        {
            await RunAsync(stopped);
            await Task.Delay(Every, host.Time, stopped);
        }
    }
}

public static class RetentionServices
{
    /// <summary>For silos that stay: a round when they start, and one each day. Needs a <see cref="FleetHost"/> among the services.</summary>
    public static ISiloBuilder AddRetention(this ISiloBuilder silo)
    {
        silo.Services.TryAddSingleton<RetentionHost>();
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(static services => services.GetRequiredService<RetentionHost>());
        return silo;
    }
}
