using Dfu.Fleet;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Packages;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Shells.Adapters;
using Dfu.Grains.Placement;
using Dfu.Grains.Storage;
using Dfu.Grains.Turns;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Placement;
using Orleans.Storage;

namespace Dfu.Grains.Adapters;

/// <summary>Carries an <see cref="AdapterActivation"/>.</summary>
[KeepAlive, Immovable, OnOwnSilo, Reentrant, GrainType("dfu.adapter")]
internal sealed class AdapterGrain : Grain, IAdapterGrain, IAsyncDisposable
{
    private readonly AdapterActivation _adapter;

    public AdapterGrain(
        [FromKeyedServices(StorageNames.State)] IGrainStorage storage,
        IGrainContext context,
        IGrainFactory grains,
        FleetHost host,
        AdapterGuard guard,
        PackageShelf packages,
        ILogger<AdapterGrain> log,
        ILoggerFactory loggers)
    {
        var id = context.GrainId.Key.ToString()!;
        var activation = new GrainActivation(context, id, grains, host, log, loggers);
        _adapter = new(id, activation, new GrainDocument(storage, "adapter", context.GrainId), guard, packages);
    }

    public override Task OnActivateAsync(CancellationToken cancellationToken) => _adapter.BeginAsync();

    public Task WakeAsync() => _adapter.WakeAsync();

    public Task<AdapterOpening> OpenedAsync() => _adapter.OpenedAsync();

    public Task<AttemptAnswer> BeginAsync(AttemptOrder order) => _adapter.BeginAsync(order);

    public Task StopAttemptAsync(AttemptStop stop) => _adapter.StopAttemptAsync(stop);

    public Task LendSlotAsync(AttemptName attempt) => _adapter.LendSlotAsync(attempt);

    public Task RetakeSlotAsync(AttemptName attempt) => _adapter.RetakeSlotAsync(attempt);

    public Task ServedElsewhereAsync(AttemptName attempt) => _adapter.ServedElsewhereAsync(attempt);

    public Task<int> LeaveAsync() => _adapter.LeaveAsync();

    public Task StopAsync() => _adapter.StopAsync();

    public Task<ControlAnswer> ControlAsync(AdapterControl control) => _adapter.ControlAsync(control);

    public Task<AdapterState> GetAsync() => _adapter.GetAsync();

    /// <remarks>Where there is no time for that the radio is closed all the same, and until then nobody else has it.</remarks>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        try
        {
            await _adapter.StopAsync().WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The silo does not wait for the radio.
        }
    }

    public ValueTask DisposeAsync() => _adapter.DisposeAsync();
}
