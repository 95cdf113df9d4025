namespace Dfu.Fleet.Plans;

/// <summary>Why devices may not begin now.</summary>
public enum Closed
{
    /// <summary>They may.</summary>
    No = 0,

    /// <summary>The start has not come.</summary>
    NotStarted,

    /// <summary>No window is open.</summary>
    OutsideWindow,

    /// <summary>The end has come.</summary>
    Ended,
}

/// <summary>What a schedule says at one moment of the clock on the wall.</summary>
/// <param name="Until">When that changes; null for never.</param>
public readonly record struct Opening(Closed Why, DateTimeOffset? Until);
