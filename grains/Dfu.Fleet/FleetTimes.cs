using System.Runtime.CompilerServices;
using Dfu.Fleet.Identity;
using Dfu.Fleet.Scheduling;

namespace Dfu.Fleet;

/// <summary>
/// The times by which the parts of a fleet hear of each other, and after which each believes that another is gone, in the clock of
/// devices and radios. <see cref="Validate"/> holds the relations that make them safe.
/// </summary>
public sealed record FleetTimes
{
    /// <summary>For one process that has the whole fleet.</summary>
    public static FleetTimes Alone => new() { Ownership = null };

    /// <summary>Between two reports of an adapter to the scheduler. Default 0.25 s.</summary>
    public TimeSpan AdapterReport { get; init; } = TimeSpan.FromSeconds(0.25);

    /// <summary>Between two reports of an attempt, and between two writes of checkpoints. Default 1 s.</summary>
    public TimeSpan Report { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A transfer stops itself this long after it sent the last report that was accepted. Default 3 s.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// A device is granted again this long after it accepted the last report of an attempt whose end nobody reported: the lease, and time
    /// for its link to close. Default 4.5 s.
    /// </summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(4.5);

    /// <summary>
    /// A device's activation lets an attempt go on for so long after it last wrote to storage, and one that takes over from it waits for so much longer
    /// before it gives up an attempt. So storage may be away for that long, less the pause between two writes. Null where one process has the whole fleet:
    /// it need not ask storage. Default 15 s.
    /// </summary>
    public TimeSpan? Ownership { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>An adapter that has not reported for so long takes no part any more. Default 3 s.</summary>
    public TimeSpan AdapterSilence { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Between two attempts to do what is outstanding: requests for slots, campaigns to their devices. Default 2 s.</summary>
    public TimeSpan Again { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>An activation whose storage has refused again begins again so long after that. Default 1 s.</summary>
    public TimeSpan Refused { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>After a request for a slot that the scheduler could not answer yet; it doubles up to <see cref="Again"/>. Default 0.25 s.</summary>
    public TimeSpan FirstAsk { get; init; } = TimeSpan.FromSeconds(0.25);

    /// <summary>Between two plans of the scheduler. Default 0.05 s.</summary>
    public TimeSpan Plan { get; init; } = TimeSpan.FromSeconds(0.05);

    /// <summary>A promise of a slot that its adapter does not show is taken back after this long.</summary>
    public TimeSpan Promise => AdapterSilence * (2.0 / 3);

    /// <summary>A campaign or a waiting device that the scheduler has not heard from for so long is forgotten.</summary>
    public TimeSpan Forget => Longer(5 * Again, 3 * AdapterSilence);

    /// <summary>Ends of attempts may take so long to be reported when a radio is to be closed.</summary>
    public TimeSpan StopWithin => 5 * Lease;

    /// <summary>An end that could not be reported for so long is left to the device to find out.</summary>
    public TimeSpan GiveUpEnd => 20 * Lease;

    /// <summary>
    /// The same in a clock that runs <paramref name="scale"/> times as fast: messages between peers take real time. Nothing is shorter in a
    /// slower clock, or a lease would end before its report is due.
    /// </summary>
    public FleetTimes Scaled(double scale)
    {
        var factor = Math.Max(1, scale);
        return this with { Lease = Lease * factor, Silence = Silence * factor, Ownership = Ownership * factor, AdapterSilence = AdapterSilence * factor };
    }

    /// <summary>Checks every relation that the fleet relies on; called where a host is composed.</summary>
    /// <remarks>By default <see cref="Forget"/> is shorter than an operator's patience; an operator may choose a shorter one.</remarks>
    /// <exception cref="ArgumentException">One does not hold; the message names both times.</exception>
    public void Validate(FleetPolicy policy)
    {
        NotLonger(Plan, AdapterReport); // what an adapter reports is planned with before it reports again
        NotLonger(AdapterReport, Report); // an attempt looks whether its report is due as often as its adapter reports
        Shorter(Report, Lease); // a report renews the lease
        if (Ownership is { } ownership) Shorter(3 * Report, ownership, nameOfB: nameof(Ownership)); // a write that fails is made again before it is over
        Shorter(Lease, Silence); // no second driver before the first has stopped
        Shorter(Silence, Forget); // the scheduler knows a device still when its attempt is given up
        NotLonger(AdapterReport, AdapterSilence - Promise); // a promise is over before its adapter counts as gone
        NotLonger(FirstAsk, Again);
        Shorter(AdapterReport, HeardDevices.Fresh); // what is heard arrives before it is old
        Shorter(AdvertMatcher.Grace, HeardDevices.Fresh); // an ambiguous address is read before it is old
        Shorter(Scheduler.WorthWaiting, Scheduler.Urgent);
        Shorter(AdapterReport, policy.Patience); // no verdict from one sample
        NotLonger(policy.FirstBackoff, policy.LongestBackoff);
    }

    private static void Shorter(
        TimeSpan a, TimeSpan b, [CallerArgumentExpression(nameof(a))] string nameOfA = "", [CallerArgumentExpression(nameof(b))] string nameOfB = "")
    {
        if (a >= b) throw new ArgumentException($"{nameOfA} ({a.TotalSeconds} s) must be shorter than {nameOfB} ({b.TotalSeconds} s)");
    }

    private static void NotLonger(
        TimeSpan a, TimeSpan b, [CallerArgumentExpression(nameof(a))] string nameOfA = "", [CallerArgumentExpression(nameof(b))] string nameOfB = "")
    {
        if (a > b) throw new ArgumentException($"{nameOfA} ({a.TotalSeconds} s) must not be longer than {nameOfB} ({b.TotalSeconds} s)");
    }

    private static TimeSpan Longer(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
