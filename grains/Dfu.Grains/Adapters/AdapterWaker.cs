using Dfu.Fleet;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Turns;
using Microsoft.Extensions.Logging;

namespace Dfu.Grains.Adapters;

/// <summary>Has every radio of this host opened when the silo starts, looks after them now and then, and lets go of them before the silo stops.</summary>
public sealed class AdapterWaker(FleetHost host, IGrainFactory grains, ILogger<AdapterWaker> log) : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task _waking = Task.CompletedTask;

    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(nameof(AdapterWaker), ServiceLifecycleStage.Active, StartAsync, StopAsync);

    public void Dispose() => _stop.Dispose();

    /// <summary>For hosts that do not open at the start of their silo; once, and not after <see cref="StopAsync"/>.</summary>
    public void Start()
    {
        if (_waking.IsCompleted && !_stop.IsCancellationRequested) _waking = OwnWork.BeginAsync(WakeAsync);
    }

    /// <summary>Has no further attempt begin on this host, and returns when those under way have ended or the time is over.</summary>
    /// <param name="waits">Called once with how many these are, unless there are none.</param>
    /// <returns>How many have not ended.</returns>
    public async Task<int> DrainAsync(TimeSpan atMost, Action<int> waits)
    {
        var (begun, told) = (host.Time.GetTimestamp(), false);
        while (true)
        {
            var underWay = 0;
            await ForEachAsync(async adapter => Interlocked.Add(ref underWay, await adapter.LeaveAsync()), "drain the adapter");
            if (underWay > 0 && !told) waits(underWay);
            told = true;
            var left = atMost - host.Time.GetElapsedTime(begun);
            if (underWay == 0 || left <= TimeSpan.Zero) return underWay;
            await Task.Delay((left < host.Times.AdapterReport ? left : host.Times.AdapterReport).InWholeMilliseconds(), host.Time, _stop.Token);
        }
    }

    /// <summary>Interrupts the attempts of this host, and returns when all have reported their end and the radios are closed.</summary>
    /// <remarks>Grains still work when a silo that stops comes here, so devices hear of the ends. A silo that is killed gives no time for that.</remarks>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_stop.IsCancellationRequested) return;
        _stop.Cancel();
        try
        {
            await _waking.WaitAsync(cancellationToken);
            await ForEachAsync(static adapter => adapter.StopAsync(), "stop the adapter").WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The host is in a hurry.
        }
    }

    private Task StartAsync(CancellationToken cancellationToken)
    {
        if (host.OpensAtStart) Start();
        return Task.CompletedTask;
    }

    private async Task WakeAsync()
    {
        try
        {
            while (true)
            {
                await ForEachAsync(static adapter => adapter.WakeAsync(), "wake the adapter");
                await Task.Delay(host.Times.Again, host.Time, _stop.Token);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The silo stops.
        }
    }

    private Task ForEachAsync(Func<IAdapterGrain, Task> call, string what) => Task.WhenAll(host.Sources.Select(async source =>
    {
        var id = AdapterId.Of(host.Silo, source.Id);
        try
        {
            await call(grains.GetGrain<IAdapterGrain>(id));
        }
        catch (Exception e)
        {
            log.WorkFailed(LogLevel.Debug, id, what, e);
        }
    }));
}
