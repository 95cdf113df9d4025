using Dfu.Grains.Hosting;
using Microsoft.Extensions.Logging;

namespace Dfu.Grains.Adapters;

/// <summary>Has every radio of this host opened when the silo starts, looks after them now and then, and lets go of them before the silo stops.</summary>
internal sealed class AdapterWaker(FleetHost host, IGrainFactory grains, ILogger<AdapterWaker> log) : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task _waking = Task.CompletedTask;

    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(nameof(AdapterWaker), ServiceLifecycleStage.Active, StartAsync, StopAsync);

    public void Dispose() => _stop.Dispose();

    private Task StartAsync(CancellationToken cancellationToken)
    {
        _waking = WakeAsync();
        return Task.CompletedTask;
    }

    /// <remarks>Grains still work at this stage, so devices hear of the ends of their attempts. A silo that is killed gives no time for that.</remarks>
    private async Task StopAsync(CancellationToken cancellationToken)
    {
        _stop.Cancel();
        try
        {
            await _waking.WaitAsync(cancellationToken);
            await ForEachAsync(static adapter => adapter.StopAsync(), nameof(IAdapterGrain.StopAsync)).WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The host is in a hurry.
        }
    }

    private async Task WakeAsync()
    {
        try
        {
            while (true)
            {
                await ForEachAsync(static adapter => adapter.WakeAsync(), nameof(IAdapterGrain.WakeAsync));
                await Task.Delay(host.Times.Again, host.Time, _stop.Token);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The silo stops.
        }
    }

    private Task ForEachAsync(Func<IAdapterGrain, Task> call, string name) => Task.WhenAll(host.Sources.Select(async source =>
    {
        var id = AdapterId.Of(host.Silo, source.Id);
        try
        {
            await call(grains.GetGrain<IAdapterGrain>(id));
        }
        catch (Exception e)
        {
            log.CallFailed(id, name, e);
        }
    }));
}
