namespace Dfu.Fleet;

/// <summary>How often grains tell each other what, in the clock of devices and radios.</summary>
public sealed record FleetTimes
{
    /// <summary>A transfer stops itself this long after it sent the last report that was accepted. Default 3 s.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>A device is granted again this long after it accepted the last report of an attempt whose end nobody reported: the lease, and time for its link to close. Default 4.5 s.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(4.5);

    /// <summary>Between two reports of an attempt, and between two writes of checkpoints. Default 1 s.</summary>
    public TimeSpan Report { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Between two reports of an adapter to the scheduler. Default 0.25 s.</summary>
    public TimeSpan AdapterReport { get; init; } = TimeSpan.FromSeconds(0.25);

    /// <summary>An adapter that has not reported for so long takes no part any more. Default 3 s.</summary>
    public TimeSpan AdapterSilence { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Between two attempts to do what is outstanding: requests for slots, campaigns to their devices. Default 2 s.</summary>
    public TimeSpan Again { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The same in a clock that runs <paramref name="scale"/> times as fast: messages between grains take real time.</summary>
    public FleetTimes Scaled(double scale) => this with
    {
        Lease = Lease * scale,
        Silence = Silence * scale,
        AdapterSilence = AdapterSilence * scale,
    };
}
