namespace Dfu.Adapters.Bridge.Tests;

/// <summary>A clock that only the test moves.</summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<ManualTimer> _timers = [];
    private readonly List<(long Due, TaskCompletionSource Set)> _awaited = [];
    private long _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Read(ref _now);

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddTicks(GetTimestamp());

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        lock (_gate) _timers.Add(timer);
        timer.Change(dueTime, period);
        return timer;
    }

    public void Advance(TimeSpan by)
    {
        ManualTimer[] due;
        lock (_gate)
        {
            _now += by.Ticks;
            due = [.. _timers.Where(t => t.Due <= _now).OrderBy(t => t.Due)];
            foreach (var timer in due) timer.Due = long.MaxValue;
        }

        foreach (var timer in due) timer.Callback(timer.State);
    }

    /// <summary>Waits until something waits for exactly this long from now, then lets that time pass.</summary>
    public async Task PassAsync(TimeSpan span)
    {
        var set = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_timers.Any(t => t.Due == _now + span.Ticks)) set.SetResult();
            else _awaited.Add((_now + span.Ticks, set));
        }

        await set.Task.Soon();
        Advance(span);
    }

    /// <summary>Moves on second by second until the task has ended; for waits that begin and end again. Fails after an hour.</summary>
    public async Task AdvanceUntilAsync(Task task)
    {
        for (var second = 0; second < 3600 && !task.IsCompleted; second++)
        {
            Advance(TimeSpan.FromSeconds(1));
            for (var turn = 0; turn < 50 && !task.IsCompleted; turn++) await Task.Yield();
        }

        await task.Soon();
    }

    private sealed class ManualTimer(ManualTime owner, TimerCallback callback, object? state) : ITimer
    {
        public TimerCallback Callback => callback;

        public object? State => state;

        public long Due { get; set; } = long.MaxValue;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (owner._gate)
            {
                Due = dueTime == Timeout.InfiniteTimeSpan ? long.MaxValue : owner._now + dueTime.Ticks;
                foreach (var (due, set) in owner._awaited)
                {
                    if (due == Due) set.TrySetResult();
                }
            }

            return true;
        }

        public void Dispose()
        {
            lock (owner._gate) owner._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
