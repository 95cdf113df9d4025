namespace Dfu.Benchmarks.Stations;

/// <summary>Runs as time does, but what the clock on the wall shows can be set.</summary>
internal sealed class SetClock : TimeProvider
{
    private long _moved;

    public void Set(TimeSpan by) => Interlocked.Add(ref _moved, by.Ticks);

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _moved));
}
