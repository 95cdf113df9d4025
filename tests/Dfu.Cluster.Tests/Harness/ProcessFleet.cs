using Dfu.Fleet;
using Dfu.Fleet.Engine;
using Dfu.Silo.Storage;

namespace Dfu.Cluster.Tests.Harness;

/// <summary>The single-process engine over SQLite.</summary>
internal sealed class ProcessFleet(RoomSettings settings, FleetPolicy policy) : FleetUnderTest(settings, policy)
{
    private HostProcess? _process;
    private SqliteFleetStore? _store;
    private FleetEngine? _engine;

    public override string AdapterId(int radio) => Room.Radios[radio].Id;

    public override Task<IFleet> OpenAsync()
    {
        _process = new HostProcess(Room, "process", Enumerable.Range(0, Room.Radios.Count));
        _store = SqliteFleetStore.Open(Directory.Path);
        _engine = new FleetEngine(_store, _process.Sources, Policy, _process.Time, _process.RunAsync);
        return Task.FromResult<IFleet>(new OnPump(Room, _engine));
    }

    public override async Task CloseAsync()
    {
        if (_engine is not { } engine) return;
        _engine = null;
        await Room.OnPumpAsync(engine.StopAsync);
        await _store!.DisposeAsync();
    }

    public override async Task AbandonAsync()
    {
        _engine = null;
        await _process!.DieAsync();
        await _store!.DisposeAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await CloseAsync();
        await base.DisposeAsync();
    }

    /// <summary>The engine must be called where it runs.</summary>
    private sealed class OnPump(Room room, FleetEngine engine) : IFleet
    {
        public Task<CampaignView> StartAsync(CampaignRequest request, CancellationToken cancellationToken) => room.OnPumpAsync(() => engine.StartAsync(request, CancellationToken.None));

        public CampaignView Snapshot() => engine.Snapshot();

        public Task<CampaignView> WaitAsync(CancellationToken cancellationToken) => engine.WaitAsync(cancellationToken);
    }
}
