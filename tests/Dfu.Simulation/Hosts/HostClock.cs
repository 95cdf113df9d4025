using Dfu.Adapters.Simulated.Time;

namespace Dfu.Simulation.Hosts;

/// <summary>The clock of one process that never steps. It begins with the date that the host believes in, and stands still while the host sleeps.</summary>
internal sealed class HostClock(VirtualTime time, HostProcess process, DateTimeOffset began) : TimeProvider
{
    private readonly TimeSpan _startedAt = time.Elapsed;
    private TimeSpan _slept;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => (time.Elapsed - _startedAt - _slept).Ticks;

    public override DateTimeOffset GetUtcNow() => began + TimeSpan.FromTicks(GetTimestamp());

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ProcessTimer(this, time, process, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>The host was asleep for so long, until now.</summary>
    public void Slept(TimeSpan span) => _slept += span;

    /// <summary>One that was set before the host slept rings so much later: kernels count a timer down by the clock that stood still.</summary>
    private sealed class ProcessTimer : ITimer
    {
        private readonly HostClock _clock;
        private readonly Action _ring;
        private readonly ITimer _timer;
        private long _due = long.MaxValue;
        private TimeSpan _period;

        public ProcessTimer(HostClock clock, VirtualTime time, HostProcess process, Action ring)
        {
            (_clock, _ring) = (clock, ring);
            _timer = time.CreateTimer(_ => process.Enter(Due), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _period = period;
            _due = dueTime == Timeout.InfiniteTimeSpan ? long.MaxValue : _clock.GetTimestamp() + dueTime.Ticks;
            return _timer.Change(dueTime, Timeout.InfiniteTimeSpan);
        }

        public void Dispose()
        {
            _due = long.MaxValue;
            _timer.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Due()
        {
            if (_due == long.MaxValue) return;
            var left = TimeSpan.FromTicks(_due - _clock.GetTimestamp());
            if (left > TimeSpan.Zero)
            {
                _timer.Change(left, Timeout.InfiniteTimeSpan);
                return;
            }

            Change(_period > TimeSpan.Zero ? _period : Timeout.InfiniteTimeSpan, _period);
            _ring();
        }
    }
}

/// <summary>The clock on the wall of one host: somebody may set it.</summary>
internal sealed class WallClock(VirtualTime time) : TimeProvider
{
    /// <summary>How far it is ahead of the true time.</summary>
    public TimeSpan Ahead { get; set; }

    public override long TimestampFrequency => time.TimestampFrequency;

    public override long GetTimestamp() => time.GetTimestamp();

    public override DateTimeOffset GetUtcNow() => time.GetUtcNow() + Ahead;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        throw new NotSupportedException("nobody waits by the clock on the wall");
}
