using System.Collections.Concurrent;
using Dfu.Fleet;
using Dfu.Fleet.Packages;
using Dfu.Fleet.Storage;
using Dfu.Fleet.Updates;

namespace Dfu.Cluster.Tests.Harness;

/// <summary>
/// What one run of a host's program has: its clock, its radios, its memory. A process that dies does nothing any more: its timers do
/// not fire, its calls to radios never return, and its links break.
/// </summary>
internal sealed class HostProcess : IPackageCache
{
    private readonly ConcurrentDictionary<string, ReadOnlyMemory<byte>> _packages = new();
    private readonly Room _room;
    private volatile bool _dead;

    /// <param name="radios">Numbers of the room's radios that are plugged in here.</param>
    public HostProcess(Room room, string name, IEnumerable<int> radios)
    {
        (_room, Name) = (room, name);
        Time = new MortalTime(room.Time, this);
        Sources = [.. radios.Select(number => new RecordedSource(room, this, number))];
    }

    public string Name { get; }
    public bool Dead => _dead;
    public TimeProvider Time { get; }
    public IReadOnlyList<RecordedSource> Sources { get; }

    public void OnRadio(Action work) => _room.Time.Post(() =>
    {
        if (!_dead) work();
    });

    /// <summary>A killed process: nothing it began goes on, and its radios' links break.</summary>
    public Task DieAsync() => _room.OnPumpAsync(() =>
    {
        _dead = true;
        foreach (var drive in _room.Journal.Drives.Where(drive => drive.Host == Name && drive.Ended is null)) drive.Ended = _room.Time.Elapsed;
        foreach (var source in Sources) source.BreakOff();
        return Task.CompletedTask;
    });

    /// <summary>Runs an attempt and writes down that it did.</summary>
    public async Task<UpdateResult> RunAsync(
        IUpdateAdapter radio, UpdateOrder order, IUpdateObserver observer, TimeProvider time, CancellationToken cancellationToken)
    {
        var drive = new Drive(_room.DeviceOf(order.Heard.Address), Name, _room.Time.Elapsed);
        _room.Journal.Add(drive);
        try
        {
            return await UpdateRun.RunAsync(new DrivenRadio(radio, drive, _room), order, observer, time, cancellationToken);
        }
        finally
        {
            drive.Ended ??= _room.Time.Elapsed;
        }
    }

    public Task<ReadOnlyMemory<byte>?> LoadAsync(string id, CancellationToken cancellationToken) =>
        Task.FromResult(_packages.TryGetValue(id, out var file) ? file : (ReadOnlyMemory<byte>?)null);

    public Task SaveAsync(string id, ReadOnlyMemory<byte> file, CancellationToken cancellationToken)
    {
        _packages[id] = file;
        return Task.CompletedTask;
    }

    /// <summary>Never returns in a dead process.</summary>
    public async Task<T> WhileAliveAsync<T>(Func<Task<T>> call)
    {
        if (_dead) await new TaskCompletionSource().Task;
        var answer = default(T)!;
        Exception? failure = null;
        try
        {
            answer = await call();
        }
        catch (Exception e)
        {
            failure = e;
        }

        if (_dead) await new TaskCompletionSource().Task;
        return failure is null ? answer : throw failure;
    }

    public FleetHost Grains(FleetTimes times, Fleet.FleetPolicy policy, Func<string, ITrafficLedger> ledger, TimeProvider? wall = null) => new()
    {
        Silo = Name,
        Policy = policy,
        Time = Time,
        Wall = wall ?? Time,
        Times = times,
        Runner = RunAsync,
        Sources = Sources,
        Ledger = ledger,
        Packages = this,
        OnRadio = OnRadio,
    };

    private sealed class MortalTime(TimeProvider inner, HostProcess owner) : TimeProvider
    {
        public override long TimestampFrequency => inner.TimestampFrequency;

        public override long GetTimestamp() => inner.GetTimestamp();

        public override DateTimeOffset GetUtcNow() => inner.GetUtcNow();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => inner.CreateTimer(
            passed =>
            {
                if (!owner.Dead) callback(passed);
            },
            state,
            dueTime,
            period);
    }
}
