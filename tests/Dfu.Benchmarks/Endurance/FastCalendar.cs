namespace Dfu.Benchmarks.Endurance;

/// <summary>
/// Runs as time does, but its calendar is faster: days pass in minutes, and what waits for an hour or longer waits by the calendar. So a server keeps its
/// house while somebody looks on.
/// </summary>
internal sealed class FastCalendar(double faster) : TimeProvider
{
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);
    private readonly DateTimeOffset _began = System.GetUtcNow();

    public override DateTimeOffset GetUtcNow() => _began + ((System.GetUtcNow() - _began) * faster);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        base.CreateTimer(callback, state, Real(dueTime), Real(period));

    private TimeSpan Real(TimeSpan time) => time < Long ? time : time / faster;
}
