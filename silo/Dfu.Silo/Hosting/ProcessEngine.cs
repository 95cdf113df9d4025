using Dfu.Adapters;
using Dfu.Fleet;
using Dfu.Fleet.Engine;
using Dfu.Fleet.Storage;
using Dfu.Fleet.Updates;

namespace Dfu.Silo.Hosting;

/// <summary>The single-process engine over its store.</summary>
internal sealed class ProcessEngine(IFleetStore store, IReadOnlyList<IAdapterSource> sources, FleetPolicy policy, TimeProvider time) : IStationEngine
{
    private readonly FleetEngine _engine = new(store, sources, policy, time, UpdateRun.RunAsync);

    public string Note => "";

    public Task PrepareAsync(CancellationToken stop) => Task.CompletedTask;

    public CampaignView? Snapshot()
    {
        try
        {
            return _engine.Snapshot();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    public async Task<CampaignView> RunAsync(CampaignRequest request, CancellationToken stop)
    {
        try
        {
            await _engine.StartAsync(request, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Before a radio was open: all there is to show is what earlier runs did.
            return (Snapshot() ?? new CampaignView { Id = "", PackageId = request.Package.Id }) with { Outcome = CampaignOutcome.Interrupted };
        }

        try
        {
            await _engine.WaitAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The engine stops below; its last view says how far it came.
        }

        await _engine.StopAsync();
        return _engine.Snapshot();
    }

    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync();
        await store.DisposeAsync();
    }
}
