namespace Dfu.Protocol.Timing;

/// <summary>A clock that never steps: the date of when it was made, and what has passed since by the monotonic clock.</summary>
/// <remarks>
/// Whatever decides by time asks this one, so that neither a clock that is set nor a suspended host ends a wait or prolongs it. Two processes' clocks of
/// this kind have nothing to do with each other. What people read is stamped by the clock on the wall.
/// </remarks>
public sealed class SteadyTime(TimeProvider wall) : TimeProvider
{
    private readonly DateTimeOffset _began = wall.GetUtcNow();
    private readonly long _beganAt = wall.GetTimestamp();

    public override long TimestampFrequency => wall.TimestampFrequency;

    public override TimeZoneInfo LocalTimeZone => wall.LocalTimeZone;

    public override DateTimeOffset GetUtcNow() => _began + wall.GetElapsedTime(_beganAt);

    public override long GetTimestamp() => wall.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        wall.CreateTimer(callback, state, dueTime, period);
}
