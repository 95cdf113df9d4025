namespace Dfu.Adapters.Bridge.Server;

/// <summary>A clock whose timers fire on one synchronization context, so that a time-out never enters a single-threaded radio from another thread.</summary>
internal sealed class ContextTime(TimeProvider time, SynchronizationContext context) : TimeProvider
{
    public override long TimestampFrequency => time.TimestampFrequency;

    public override TimeZoneInfo LocalTimeZone => time.LocalTimeZone;

    /// <summary>The clock for code that was started on the current context.</summary>
    public static TimeProvider Here(TimeProvider time) => SynchronizationContext.Current is { } context ? new ContextTime(time, context) : time;

    public override long GetTimestamp() => time.GetTimestamp();

    public override DateTimeOffset GetUtcNow() => time.GetUtcNow();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        time.CreateTimer(_ => context.Post(s => callback(s), state), null, dueTime, period);
}
