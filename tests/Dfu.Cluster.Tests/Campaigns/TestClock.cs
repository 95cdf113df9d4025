namespace Dfu.Cluster.Tests.Campaigns;

/// <summary>A clock that only the test moves.</summary>
internal sealed class TestClock : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<Alarm> _alarms = [];
    private long _now = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).UtcTicks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Read(ref _now);

    public override DateTimeOffset GetUtcNow() => new(GetTimestamp(), TimeSpan.Zero);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var alarm = new Alarm(this, callback, state);
        alarm.Change(dueTime, period);
        return alarm;
    }

    public void Advance(TimeSpan by)
    {
        Alarm[] due;
        lock (_gate)
        {
            Interlocked.Add(ref _now, by.Ticks);
            due = [.. _alarms.Where(alarm => alarm.Due <= _now).OrderBy(static alarm => alarm.Due)];
            foreach (var alarm in due) alarm.Rearm(_now);
        }

        foreach (var alarm in due) alarm.Ring();
    }

    private sealed class Alarm(TestClock clock, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        public long Due { get; private set; } = long.MaxValue;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._gate)
            {
                _period = period;
                Due = dueTime == Timeout.InfiniteTimeSpan ? long.MaxValue : clock._now + dueTime.Ticks;
                if (!clock._alarms.Contains(this)) clock._alarms.Add(this);
            }

            return true;
        }

        public void Rearm(long now) => Due = _period > TimeSpan.Zero ? now + _period.Ticks : long.MaxValue;

        public void Ring() => callback(state);

        public void Dispose()
        {
            lock (clock._gate) clock._alarms.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
