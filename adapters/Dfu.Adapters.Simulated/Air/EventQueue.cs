namespace Dfu.Adapters.Simulated.Air;

/// <summary>
/// The engine of simulated time: everything that will happen on one air, in order, under one lock, driven by one timer of the <see
/// cref="TimeProvider"/>.
/// </summary>
/// <remarks>
/// Times are ticks of 100 ns since the queue was made. An event runs with <see cref="Now"/> at the time it was due, however
/// late the real timer fired, so the model's arithmetic does not depend on the machine. Host code never runs under the lock.
/// </remarks>
internal sealed class EventQueue : IDisposable
{
    private readonly PriorityQueue<Scheduled, (long Due, long Sequence)> _queue = new();
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly bool _wholeMilliseconds;
    private readonly long _origin;
    private readonly ITimer _timer;
    private long _armed = long.MaxValue;
    private long _sequence;
    private int _depth;
    private bool _disposed;

    public EventQueue(TimeProvider time)
    {
        _time = time;
        _wholeMilliseconds = ReferenceEquals(time, TimeProvider.System);
        _origin = time.GetTimestamp();
        _timer = time.CreateTimer(static state => ((EventQueue)state!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Logical time: inside an event the time it was due, inside <see cref="Enter"/> the provider's.</summary>
    public long Now { get; private set; }

    /// <summary>Takes the lock and brings the model up to the present; disposal arms the timer and lets go.</summary>
    public Scope Enter()
    {
        _gate.Enter();
        if (_depth++ == 0) CatchUp();
        return new Scope(this);
    }

    public Scheduled After(TimeSpan delay, Action action) => At(Now + Math.Max(0, delay.Ticks), action);

    public Scheduled At(long due, Action action)
    {
        var scheduled = new Scheduled(action);
        _queue.Enqueue(scheduled, (Math.Max(due, Now), _sequence++));
        return scheduled;
    }

    public void Dispose()
    {
        using (Enter())
        {
            _disposed = true;
            _queue.Clear();
        }

        _timer.Dispose();
    }

    private void Tick()
    {
        using (Enter()) _armed = long.MaxValue;
    }

    private void CatchUp()
    {
        var present = Math.Max(Now, _time.GetElapsedTime(_origin).Ticks);
        while (_queue.TryPeek(out var next, out var key) && (key.Due <= present || next.Cancelled))
        {
            _queue.Dequeue();
            if (next.Cancelled) continue;
            Now = Math.Max(Now, key.Due);
            next.Run();
        }

        Now = present;
    }

    private void Leave()
    {
        if (--_depth == 0 && !_disposed) Arm();
        _gate.Exit();
    }

    private void Arm()
    {
        while (_queue.TryPeek(out var next, out _) && next.Cancelled) _queue.Dequeue();
        var due = _queue.TryPeek(out _, out var key) ? key.Due : long.MaxValue;
        if (due == _armed) return;
        _armed = due;
        if (due == long.MaxValue)
        {
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            return;
        }

        var delay = Math.Max(0, due - _time.GetElapsedTime(_origin).Ticks);
        if (_wholeMilliseconds) delay = (delay + TimeSpan.TicksPerMillisecond - 1) / TimeSpan.TicksPerMillisecond * TimeSpan.TicksPerMillisecond;
        _timer.Change(TimeSpan.FromTicks(delay), Timeout.InfiniteTimeSpan);
    }

    /// <summary>Something that will happen, unless it is cancelled first.</summary>
    internal sealed class Scheduled(Action action)
    {
        private Action? _action = action;

        public bool Cancelled => _action is null;

        public void Cancel() => _action = null;

        public void Run()
        {
            var action = _action;
            _action = null;
            action?.Invoke();
        }
    }

    internal readonly ref struct Scope(EventQueue queue)
    {
        public void Dispose() => queue.Leave();
    }
}
