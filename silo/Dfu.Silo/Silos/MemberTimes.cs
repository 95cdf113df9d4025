namespace Dfu.Silo.Silos;

/// <summary>The times by which members of a cluster believe each other to be alive, in one place, for they depend on each other.</summary>
internal static class MemberTimes
{
    /// <summary>A member writes a sign of life into the table of members so often.</summary>
    public static readonly TimeSpan SignOfLife = TimeSpan.FromSeconds(3);

    /// <summary>A member that missed so many signs of life counts no more, although nobody voted it out.</summary>
    public const int SignsMissed = 3;

    public static TimeSpan Silent => SignOfLife * SignsMissed;

    /// <summary>A member asks another whether it is there so often, and waits so long for the answer.</summary>
    public static readonly TimeSpan Probe = TimeSpan.FromSeconds(1);

    /// <summary>A member that missed so many probes is voted out.</summary>
    public const int ProbesMissed = 2;

    /// <summary>Times <see cref="ProbesMissed"/>: as long as that a member that was heard is not voted out, whatever its probes say.</summary>
    public static readonly TimeSpan LongestProbe = TimeSpan.FromSeconds(3);

    /// <summary>A member reads the table of members anew so often.</summary>
    public static readonly TimeSpan TableRead = TimeSpan.FromSeconds(5);

    /// <summary>A member that starts must reach every member that counts as alive; what it cannot reach in this time it never will.</summary>
    public static readonly TimeSpan Join = TimeSpan.FromMinutes(1);

    /// <summary>So long a start may wait for members that died together, as an operator is told.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(15);
}
