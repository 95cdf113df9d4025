namespace Dfu.Fleet.Turns;

/// <summary>A moment by both clocks of a host: the monotonic one stands still while it is suspended, the one on the wall may be set.</summary>
internal readonly record struct HostMoment(long Timestamp, DateTimeOffset OnTheWall)
{
    public static HostMoment Now(TimeProvider time, TimeProvider wall) => new(time.GetTimestamp(), wall.GetUtcNow());

    /// <summary>It is less than <paramref name="length"/> ago, whichever clock is asked.</summary>
    public bool IsWithin(TimeSpan length, TimeProvider time, TimeProvider wall) =>
        time.GetElapsedTime(Timestamp) < length && wall.GetUtcNow() - OnTheWall < length;
}
