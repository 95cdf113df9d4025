using Dfu.Adapters.Simulated.Time;
using Dfu.Fleet;
using Dfu.Fleet.Packages;
using Dfu.Fleet.Shells.Adapters;
using Dfu.Fleet.Storage;
using Dfu.Simulation.Messages;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dfu.Simulation.Hosts;

/// <summary>One process of a host, from its start until it is killed: everything of it runs in its own context, or not at all.</summary>
internal sealed class HostProcess
{
    private readonly VirtualTime _time;
    private readonly HostContext _context;
    private readonly Queue<Action> _held = [];
    private readonly Dictionary<ActorName, Actor> _actors = [];
    private readonly Dictionary<string, InMemoryTrafficLedger> _ledgers;
    private TimeSpan _stoppedAt;
    private bool _stopped;
    private bool _sleeps;

    public HostProcess(SimulatedHost host, Cluster cluster, int number)
    {
        (Host, Cluster, _time, Number) = (host, cluster, cluster.Time, number);
        _context = new(this);
        _ledgers = host.Ledgers;
        Clock = new(_time, this, host.Wall.GetUtcNow());
        Peers = new(cluster.Post, this);
        Fleet = new()
        {
            Silo = host.Name,
            Policy = cluster.Spec.Policy,
            Time = Clock,
            Wall = host.Wall,
            Times = cluster.Spec.Times,
            Runner = cluster.Spec.Runner ?? cluster.Drivers.RunAsync(this),
            Sources = [.. host.Radios, .. host.Others],
            Ledger = campaign => _ledgers.TryGetValue(campaign, out var ledger) ? ledger : _ledgers[campaign] = new(),
            Packages = new NoCache(),
            OnRadio = Post,
            Machines = cluster.Spec.Machines,
            Gauges = static _ => Nothing.Instance,
        };
        Shelf = new(Fleet, Peers, NullLogger<PackageShelf>.Instance);
        foreach (var package in cluster.Packages.Made) Shelf.Keep(package);
    }

    public SimulatedHost Host { get; }

    public Cluster Cluster { get; }

    /// <summary>Counts the processes of all hosts.</summary>
    public int Number { get; }

    public HostClock Clock { get; }

    public FleetHost Fleet { get; }

    public PostPeers Peers { get; }

    public PackageShelf Shelf { get; }

    public AdapterGuard Guard { get; } = new();

    public bool Dead { get; private set; }

    /// <summary>It lives and something keeps it from running.</summary>
    public bool Stopped => _stopped;

    /// <summary>When its host woke up last; null when it never slept.</summary>
    public TimeSpan? WokeAt { get; private set; }

    /// <summary>It ends in good order: no radio is opened any more.</summary>
    public bool Ending { get; set; }

    /// <summary>Completes when the process is dead.</summary>
    public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override string ToString() => $"{Host.Name}#{Number}";

    /// <summary>Runs work as this process, now; later when it is stopped, never when it is dead.</summary>
    public void Enter(Action work)
    {
        if (Dead) return;
        if (_stopped)
        {
            _held.Enqueue(work);
            return;
        }

        var previous = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(_context);
        try
        {
            work();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(previous);
        }
    }

    public void Post(Action work) => _time.Post(() => Enter(work));

    /// <param name="sleeps">Its monotonic clock stands still, too.</param>
    public void Stop(bool sleeps)
    {
        if (_stopped || Dead) return;
        (_stopped, _sleeps, _stoppedAt) = (true, sleeps, _time.Elapsed);
    }

    public void Continue()
    {
        if (!_stopped || Dead) return;
        if (_sleeps)
        {
            Clock.Slept(_time.Elapsed - _stoppedAt);
            WokeAt = _time.Elapsed;
        }

        _stopped = false;
        while (_held.TryDequeue(out var work))
        {
            Post(work);
        }
    }

    /// <summary>Nothing of it runs any more; the kernel closes what it had open.</summary>
    public void Kill()
    {
        if (Dead) return;
        Dead = true;
        _held.Clear();
        _actors.Clear();
        Ended.TrySetResult();
        Cluster.Died(this);
    }

    /// <summary>The activation of a name here; null when there is none.</summary>
    public Actor? Find(ActorName name) => _actors.GetValueOrDefault(name);

    public Actor Activate(ActorName name)
    {
        var actor = new Actor(name, this);
        _actors[name] = actor;
        Enter(actor.Begin);
        return actor;
    }

    public void Remove(Actor actor)
    {
        if (_actors.GetValueOrDefault(actor.Id) == actor) _actors.Remove(actor.Id);
    }

    public IReadOnlyCollection<Actor> Actors => _actors.Values;

    private sealed class NoCache : IPackageCache
    {
        public Task<ReadOnlyMemory<byte>?> LoadAsync(string id, CancellationToken cancellationToken) => Task.FromResult<ReadOnlyMemory<byte>?>(null);

        public Task SaveAsync(string id, ReadOnlyMemory<byte> file, CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class Nothing : IDisposable
    {
        public static readonly Nothing Instance = new();

        public void Dispose()
        {
        }
    }
}
