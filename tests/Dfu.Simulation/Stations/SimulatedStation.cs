using System.Collections.Immutable;
using Dfu.Adapters;
using Dfu.Adapters.Simulated;
using Dfu.Adapters.Simulated.Time;
using Dfu.Fleet;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Attempts;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Shells.Adapters;
using Dfu.Fleet.Shells.Campaigns;
using Dfu.Fleet.Shells.Directory;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Timing;
using Dfu.Simulation.Hosts;

namespace Dfu.Simulation.Stations;

/// <summary>A process of its own for one campaign, as <c>dfu flash</c> is one, in virtual time: a simulated cluster of one host.</summary>
internal sealed class SimulatedStation : IFleet, IAsyncDisposable
{
    private const string Name = "host";
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(0.25);

    private readonly StationStore _store;
    private readonly IReadOnlyList<IAdapterSource> _sources;
    private readonly VirtualTime _time;
    private readonly Cluster _cluster;
    private readonly SimulatedHost _host;
    private readonly CampaignFollower _follower = new();
    private readonly TaskCompletionSource<CampaignView> _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _following = Task.CompletedTask;
    private HostProcess? _process;
    private CampaignView? _view;
    private string? _campaign;
    private bool _goesOn;
    private bool _stopped;

    /// <param name="plan">Decides in place of the product's own planning.</param>
    /// <exception cref="DfuException">InvalidArgument when a source is given twice.</exception>
    public SimulatedStation(
        StationStore store, IReadOnlyList<IAdapterSource> sources, FleetPolicy policy, UpdateRunner runner, PlanMaker? plan = null)
    {
        if (sources.GroupBy(static source => source.Id).FirstOrDefault(static group => group.Count() > 1) is { } doubled)
            throw new DfuException(DfuError.InvalidArgument, $"the adapter {doubled.Key} is given twice");
        (_store, _sources, _time) = (store, sources, store.Time);
        _cluster = new(
            new()
            {
                Hosts = [],
                Policy = policy,
                Times = FleetTimes.Alone.Scaled(_time.Scale ?? 1),
                Machines = plan is null ? FleetMachines.Plain : new() { Plan = (adapters, queued, _, now) => plan(adapters, queued, now) },
                Runner = runner,
                OpensAtStart = false,
                Restarts = false,
            },
            _time,
            store.Database);
        _host = new(Name, _time) { Ledgers = store.Ledgers };
        foreach (var source in sources)
        {
            if (source is SimulatedAdapterSource simulated) _host.Radios.Add(simulated);
            else _host.Others.Add(source);
        }

        _cluster.Hosts.Add(_host);
    }

    /// <summary>Goes on with a campaign that the store has for the same package and targets, as <c>dfu flash</c> does.</summary>
    /// <exception cref="DfuException">
    /// CampaignConflict when the store holds another unfinished campaign; AdapterNotFound or AdapterInUse when no adapter could be opened or one belongs to
    /// somebody else.
    /// </exception>
    /// <exception cref="IOException">The process was killed.</exception>
    public async Task<CampaignView> StartAsync(CampaignRequest request, CancellationToken cancellationToken)
    {
        if (_process is not null) throw new InvalidOperationException("a station runs one campaign");
        _cluster.Packages.Put(request.Package);
        _cluster.Start();
        _process = _host.Process!;
        if (!IsSettled(request)) await OpenAdaptersAsync(_process, cancellationToken);
        var order = CampaignOrder.Of(request);
        var ticket = await CallAsync<DirectoryActivation, CampaignTicket>(new(ActorKind.Directory, ""), directory => directory.StartAsync(order));
        if (ticket.Refusal != DfuError.None) throw new DfuException(ticket.Refusal, ticket.Detail);
        (_campaign, _goesOn) = (ticket.Campaign, ticket.GoesOn);
        await LookAsync();
        _following = FollowAsync();
        return Snapshot();
    }

    public CampaignView Snapshot() => _view ?? throw new InvalidOperationException("no campaign was started");

    /// <exception cref="IOException">The process was killed.</exception>
    public async Task<CampaignView> WaitAsync(CancellationToken cancellationToken) =>
        await _over.Task.WithinAsync(Timeout.InfiniteTimeSpan, _time, cancellationToken);

    /// <summary>Cancels every device that has no outcome yet; <see cref="WaitAsync"/> returns when the last transfer has stopped.</summary>
    public Task CancelAsync() => CallAsync<CampaignActivation, bool>(Campaign, static async campaign =>
    {
        await campaign.CancelAsync();
        return true;
    });

    /// <summary>Ends in good order: transfers end, links close, everything is saved. The same request goes on later.</summary>
    public async Task StopAsync()
    {
        if (_stopped) return;
        _stopped = true;
        if (_process is { Dead: false } process)
        {
            var adapters = _view?.Adapters;
            await _cluster.LetGoAsync(process);
            await _following;
            if (_campaign is not null && !process.Dead) await LookLastAsync(adapters!.Value);
            await _cluster.StopAsync(_host);
        }

        _cluster.Dispose();
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private ActorName Campaign => new(ActorKind.Campaign, _campaign ?? throw new InvalidOperationException("no campaign was started"));

    /// <summary>There is nothing left to do for a radio.</summary>
    private bool IsSettled(CampaignRequest request)
    {
        var targets = CampaignTargets.Key(request.Targets);
        var same = _store.Campaigns.LastOrDefault(
            entry => entry.PackageId == request.Package.Id && entry.Only == request.Only && entry.Targets == targets);
        return !request.Restart && same is not null && _store.Campaign(same.Campaign) is { IsSettled: true };
    }

    private async Task OpenAdaptersAsync(HostProcess process, CancellationToken cancellationToken)
    {
        if (_sources.Count == 0) throw new DfuException(DfuError.AdapterNotFound, "no adapter was given");
        _cluster.OpenRadios(process);
        var refusals = new List<DfuException?>();
        foreach (var source in _sources)
        {
            var opening = await OpenedAsync(new(ActorKind.Adapter, AdapterId.Of(Name, source.Id)), cancellationToken);
            refusals.Add(opening.Error == DfuError.None ? null : new(opening.Error, opening.Detail));
        }

        if (OpeningRefusal.Of(refusals, refusals.Contains(null)) is { } refused) throw refused;
    }

    private async Task<AdapterOpening> OpenedAsync(ActorName adapter, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                return await CallAsync<AdapterActivation, AdapterOpening>(adapter, static activation => activation.OpenedAsync());
            }
            catch (TimeoutException)
            {
                // A radio may take longer than a call.
            }
        }
    }

    private async Task FollowAsync()
    {
        try
        {
            while (!_over.Task.IsCompleted && !_stopped)
            {
                await Task.Delay(LookEvery, _time, CancellationToken.None);
                if (_process!.Dead) throw new IOException("its process was killed");
                await LookAsync();
            }
        }
        catch (Exception e)
        {
            _over.TrySetException(e);
            _ = _over.Task.Exception; // nobody may wait
        }
    }

    private async Task LookLastAsync(ImmutableArray<AdapterView> adapters)
    {
        if (!_over.Task.IsCompleted) await Task.Delay(LookEvery * 2, _time, CancellationToken.None); // whoever was about to begin is refused
        await LookAsync();
        var outcome = _view!.Outcome == CampaignOutcome.Running ? CampaignOutcome.Interrupted : _view.Outcome;
        _view = _view with { Outcome = outcome, Adapters = adapters }; // that radios are let go of in the end is no news
        _over.TrySetResult(_view);
    }

    private async Task LookAsync()
    {
        try
        {
            var view = await _follower.ReadAsync(
                cursor => CallAsync<CampaignActivation, CampaignChanges>(Campaign, campaign => campaign.ChangesAsync(cursor, LookEvery)));
            _view = PlainIds.Of(view with { GoesOn = _goesOn }, Name, _sources);
            if (view.Outcome is CampaignOutcome.Succeeded or CampaignOutcome.Failed) _over.TrySetResult(_view);
        }
        catch (Exception e) when (e is TimeoutException or IOException && _view is not null)
        {
            // It is asked again in a moment.
        }
    }

    private async Task<T> CallAsync<TActor, T>(ActorName name, Func<TActor, Task<T>> call)
        where TActor : class
    {
        try
        {
            return await _cluster.CallAsync(name, call);
        }
        catch (Exception e) when (_process is { Dead: true })
        {
            throw new IOException("its process was killed", e);
        }
    }
}
