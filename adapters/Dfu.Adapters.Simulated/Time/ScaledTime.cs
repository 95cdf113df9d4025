namespace Dfu.Adapters.Simulated.Time;

/// <summary>Real time that runs <c>scale</c> times faster: an hour of simulated work in three minutes at 20.</summary>
/// <remarks>Timers fire to the millisecond of real time, which is <c>scale</c> milliseconds of this one.</remarks>
public sealed class ScaledTime : TimeProvider
{
    private readonly TimeProvider _real;
    private readonly double _scale;
    private readonly long _origin;
    private readonly DateTimeOffset _start;

    /// <param name="scale">Seconds of this time in one second of <paramref name="real"/>, above 0.</param>
    /// <param name="real">What to scale; the system's time when not given.</param>
    public ScaledTime(double scale, TimeProvider? real = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(scale);
        _scale = scale;
        _real = real ?? System;
        _origin = _real.GetTimestamp();
        _start = _real.GetUtcNow();
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => (long)(_real.GetElapsedTime(_origin).Ticks * _scale);

    public override DateTimeOffset GetUtcNow() => _start + TimeSpan.FromTicks(GetTimestamp());

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new ScaledTimer(_real.CreateTimer(callback, state, ToReal(dueTime), ToReal(period)), this);

    private TimeSpan ToReal(TimeSpan span) =>
        span <= TimeSpan.Zero ? span : TimeSpan.FromMilliseconds(Math.Ceiling(span.TotalMilliseconds / _scale));

    private sealed class ScaledTimer(ITimer inner, ScaledTime owner) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => inner.Change(owner.ToReal(dueTime), owner.ToReal(period));

        public void Dispose() => inner.Dispose();

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
