namespace Dfu.Adapters.Simulated.Time;

/// <summary>A clock that moves only when nothing is left to do: the same seed gives the same run, as fast as the processor allows.</summary>
/// <remarks>
/// <see cref="Run{T}"/> is a single-threaded pump. All asynchronous code started inside it, and every timer made from
/// this provider, runs on the calling thread in a fixed order, so code under it needs no locks and must not leave the
/// pump (no ConfigureAwait(false), no Task.Run). Work posted from other threads is taken in between.
/// </remarks>
public sealed class VirtualTime : TimeProvider
{
    /// <summary>A pump that is further behind was held up, and does not make up for it: timers of seconds would fire at once.</summary>
    private static readonly TimeSpan MostBehind = TimeSpan.FromMilliseconds(50);

    private readonly PriorityQueue<(VirtualTimer Timer, long Version), (long Due, long Sequence)> _timers = new();
    private readonly Queue<(SendOrPostCallback Callback, object? State)> _posted = new();
    private readonly object _gate = new();
    private readonly DateTimeOffset _start;
    private long _now;
    private long _sequence;
    private long _steps;

    /// <param name="start">What <see cref="GetUtcNow"/> says at the beginning; 2026-01-01 UTC when not given.</param>
    public VirtualTime(DateTimeOffset? start = null) => _start = start ?? new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>
    /// How many virtual seconds may pass in a real one; null (the default) is as fast as possible. Only ever slows the pump down,
    /// never changes a result.
    /// </summary>
    public double? Scale { get; init; }

    /// <summary>How many timers and posted calls a run takes before it gives up, for what may go on for ever; null (the default) for any number.</summary>
    public long? MostSteps { get; init; }

    /// <summary>Timers and posted calls there were.</summary>
    public long Steps => _steps;

    /// <summary>Virtual time since the start.</summary>
    public TimeSpan Elapsed => TimeSpan.FromTicks(Interlocked.Read(ref _now));

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Read(ref _now);

    public override DateTimeOffset GetUtcNow() => _start + Elapsed;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new VirtualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Runs <paramref name="main"/> and everything it starts until it has completed; rethrows what it threw.</summary>
    /// <exception cref="InvalidOperationException">
    /// Nothing can ever complete <paramref name="main"/>: no timer is set and nothing is queued; or it took more than <see cref="MostSteps"/>.
    /// </exception>
    public T Run<T>(Func<Task<T>> main, bool waitForOtherThreads = false)
    {
        var previous = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(new PumpContext(this));
        try
        {
            var realStart = System.GetTimestamp();
            var virtualStart = _now;
            var task = main();
            while (true)
            {
                DrainPosted();
                if (task.IsCompleted) return task.GetAwaiter().GetResult();
                if (!TryPeekDue(out var due))
                {
                    if (!waitForOtherThreads)
                        throw new InvalidOperationException("virtual time stands still: no timer and no queued work will bring what the run waits for");
                    WaitForOthers(Timeout.InfiniteTimeSpan);
                    continue;
                }

                if (Scale is { } scale)
                {
                    var realDue = TimeSpan.FromTicks((long)((due - virtualStart) / scale));
                    var ahead = realDue - System.GetElapsedTime(realStart);
                    if (ahead > TimeSpan.Zero)
                    {
                        WaitForOthers(ahead);
                        continue;
                    }

                    if (ahead < -MostBehind) (realStart, virtualStart) = (System.GetTimestamp(), due);
                }

                FireNext();
            }
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(previous);
        }
    }

    public void Run(Func<Task> main, bool waitForOtherThreads = false) =>
        Run(
            async () =>
            {
                await main();
                return 0;
            },
            waitForOtherThreads);

    /// <summary>Queues work for the pump from any thread.</summary>
    public void Post(Action action) => Post(static state => ((Action)state!)(), action);

    private void Post(SendOrPostCallback callback, object? state)
    {
        lock (_gate)
        {
            _posted.Enqueue((callback, state));
            Monitor.Pulse(_gate);
        }
    }

    private void DrainPosted()
    {
        while (true)
        {
            (SendOrPostCallback Callback, object? State) next;
            lock (_gate)
            {
                if (!_posted.TryDequeue(out next)) return;
            }

            CountStep();
            next.Callback(next.State);
        }
    }

    private void CountStep()
    {
        if (++_steps <= MostSteps || MostSteps is null) return;
        throw new InvalidOperationException($"{MostSteps} steps have come to {Elapsed.TotalSeconds:0.000} s: something goes on for ever");
    }

    private void WaitForOthers(TimeSpan atMost)
    {
        lock (_gate)
        {
            if (_posted.Count == 0) Monitor.Wait(_gate, atMost);
        }
    }

    private bool TryPeekDue(out long due)
    {
        lock (_gate)
        {
            while (_timers.TryPeek(out var entry, out var key))
            {
                if (entry.Version == entry.Timer.Version)
                {
                    due = key.Due;
                    return true;
                }

                _timers.Dequeue();
            }
        }

        due = 0;
        return false;
    }

    private void FireNext()
    {
        CountStep();
        VirtualTimer timer;
        lock (_gate)
        {
            if (!_timers.TryDequeue(out var entry, out var key) || entry.Version != entry.Timer.Version) return;
            timer = entry.Timer;
            Interlocked.Exchange(ref _now, Math.Max(_now, key.Due));
            timer.Rearm();
        }

        timer.Fire();
    }

    private void Enqueue(VirtualTimer timer, long due) => _timers.Enqueue((timer, timer.Version), (due, _sequence++));

    private sealed class PumpContext(VirtualTime owner) : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) => owner.Post(d, state);

        public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("the pump takes posted work only");

        public override SynchronizationContext CreateCopy() => this;
    }

    private sealed class VirtualTimer(VirtualTime owner, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period = Timeout.InfiniteTimeSpan;

        public long Version { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (owner._gate)
            {
                Version++;
                _period = period;
                if (dueTime != Timeout.InfiniteTimeSpan) owner.Enqueue(this, owner._now + Math.Max(0, dueTime.Ticks));
                Monitor.Pulse(owner._gate);
            }

            return true;
        }

        public void Rearm()
        {
            Version++;
            if (_period > TimeSpan.Zero) owner.Enqueue(this, owner._now + _period.Ticks);
        }

        public void Fire() => callback(state);

        public void Dispose()
        {
            lock (owner._gate) Version++;
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
