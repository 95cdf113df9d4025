namespace Dfu.Adapters.BlueZ.Radio;

/// <summary>What one adapter of this process is busy with.</summary>
/// <param name="Order">Tells adapters apart; of equals the lowest is preferred.</param>
/// <param name="Scans">Somebody wants to hear.</param>
/// <param name="Connecting">A connect is under way: BlueZ's scan and connects disturb each other.</param>
/// <param name="Seeks">The connect looks for a device that this adapter has not heard.</param>
/// <param name="Links">Links held.</param>
internal readonly record struct RadioLoad(int Order, bool Scans = false, bool Connecting = false, bool Seeks = false, int Links = 0);

internal enum ScanDuty
{
    Off,

    /// <summary>Listen to everything, now: a connect waits for it.</summary>
    Seek,

    /// <summary>Scan all the time.</summary>
    Always,

    /// <summary>Scan now and then: the airtime belongs to the links.</summary>
    Windows,
}

/// <summary>What is listened to: it is BlueZ that filters.</summary>
internal enum ScanStep
{
    Off,

    /// <summary>Devices that advertise the DFU service.</summary>
    Dfu,

    /// <summary>All devices: an application with buttonless DFU usually does not advertise the service, but is named by its address.</summary>
    Everything,
}

/// <summary>Who scans when. Adapters of one process are in one room: what the scout hears counts for all.</summary>
internal static class ScanPolicy
{
    public static readonly TimeSpan DfuTime = TimeSpan.FromSeconds(4);
    public static readonly TimeSpan EverythingTime = TimeSpan.FromSeconds(2);

    /// <summary>Between windows, and their length, beside links.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(6);
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(2);

    private static readonly (ScanStep Step, TimeSpan Time)[] Alternation = [(ScanStep.Dfu, DfuTime), (ScanStep.Everything, EverythingTime)];
    private static readonly (ScanStep Step, TimeSpan Time)[] BesideLinks =
        [(ScanStep.Off, Pause), (ScanStep.Dfu, Window), (ScanStep.Off, Pause), (ScanStep.Dfu, Window), (ScanStep.Off, Pause), (ScanStep.Everything, Window)];

    /// <summary>Who hears for the others: of those that may scan now, the one with the fewest links.</summary>
    /// <returns>Its <see cref="RadioLoad.Order"/>; null when nobody may.</returns>
    public static int? ScoutOf(IEnumerable<RadioLoad> room)
    {
        RadioLoad? scout = null;
        foreach (var one in room)
        {
            if (one.Scans && !one.Connecting && (scout is not { } best || (one.Links, one.Order).CompareTo((best.Links, best.Order)) < 0)) scout = one;
        }

        return scout?.Order;
    }

    /// <param name="room">All adapters, this one among them.</param>
    public static ScanDuty DutyOf(RadioLoad self, IEnumerable<RadioLoad> room) => self switch
    {
        { Seeks: true } => ScanDuty.Seek,
        { Scans: false } or { Connecting: true } => ScanDuty.Off,
        { Links: 0 } => ScanDuty.Always,
        _ => ScoutOf(room) == self.Order ? ScanDuty.Windows : ScanDuty.Off,
    };

    /// <summary>Where in its cycle a duty begins or goes on: connects interrupt windows, and must not keep them from ever coming.</summary>
    /// <param name="windows">Windows that have begun so far.</param>
    /// <param name="sinceScan">Time since this adapter last listened.</param>
    public static TimeSpan ResumeAt(ScanDuty duty, int windows, TimeSpan sinceScan) =>
        duty == ScanDuty.Windows ? (windows % (BesideLinks.Length / 2) * (Pause + Window)) + (sinceScan < Pause ? sinceScan : Pause) : TimeSpan.Zero;

    /// <param name="since">Time since the duty began.</param>
    /// <returns>What to listen to, and for how long; for ever when it does not end by itself.</returns>
    public static (ScanStep Step, TimeSpan For) StepOf(ScanDuty duty, TimeSpan since) => duty switch
    {
        ScanDuty.Seek => (ScanStep.Everything, Timeout.InfiniteTimeSpan),
        ScanDuty.Always => At(Alternation, since),
        ScanDuty.Windows => At(BesideLinks, since),
        _ => (ScanStep.Off, Timeout.InfiniteTimeSpan),
    };

    private static (ScanStep Step, TimeSpan For) At((ScanStep Step, TimeSpan Time)[] cycle, TimeSpan since)
    {
        var left = TimeSpan.FromTicks(since.Ticks % cycle.Sum(static part => part.Time.Ticks));
        foreach (var (step, time) in cycle)
        {
            if (left < time) return (step, time - left);
            left -= time;
        }

        return (ScanStep.Off, TimeSpan.Zero); // not reached: what is left is less than the whole
    }
}
