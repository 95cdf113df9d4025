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

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        time.CreateTimer(_ => process.Enter(() => callback(state)), null, dueTime, period);

    /// <summary>The host was asleep for so long, until now.</summary>
    public void Slept(TimeSpan span) => _slept += span;
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
