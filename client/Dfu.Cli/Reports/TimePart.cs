using Dfu.Fleet.Devices;

namespace Dfu.Cli.Reports;

/// <summary>A part of where the time went.</summary>
/// <param name="Key">camelCase, for documents.</param>
/// <param name="Word">For people.</param>
/// <param name="Colour">For terminals.</param>
/// <param name="Letter">Draws it where there are no colours.</param>
internal sealed record TimePart(string Key, string Word, string Colour, char Letter, Func<TimeSpent, double> Of)
{
    /// <summary>In the order a device goes through them.</summary>
    public static IReadOnlyList<TimePart> All { get; } =
    [
        new("waiting", "waiting for an adapter", "grey", '.', static time => time.Waiting),
        new("backingOff", "pausing after a failure", "yellow", ',', static time => time.BackingOff),
        new("connecting", "connecting", "purple", 'c', static time => time.Connecting),
        new("jumping", "going to its bootloader", "magenta", 'j', static time => time.Jumping),
        new("resuming", "comparing, init packet", "teal", 'r', static time => time.Resuming),
        new("creating", "creating objects", "olive", 'o', static time => time.Creating),
        new("guard", "waiting for erased flash", "orange3", 'g', static time => time.Guard),
        new("air", "sending", "blue", '#', static time => time.Air),
        new("checking", "checksums", "aqua", 's', static time => time.Checking),
        new("executing", "executing objects", "navy", 'x', static time => time.Executing),
        new("saving", "saving progress", "maroon", 'v', static time => time.Saving),
        new("finishing", "activating, verifying", "green", '=', static time => time.Finishing),
    ];

    public static double Total(TimeSpent time) => All.Sum(part => part.Of(time));

    /// <summary>All devices' times together.</summary>
    public static TimeSpent Sum(IEnumerable<TimeSpent> times) => times.Aggregate(new TimeSpent(), static (sum, time) => new()
    {
        Waiting = sum.Waiting + time.Waiting,
        BackingOff = sum.BackingOff + time.BackingOff,
        Connecting = sum.Connecting + time.Connecting,
        Jumping = sum.Jumping + time.Jumping,
        Resuming = sum.Resuming + time.Resuming,
        Creating = sum.Creating + time.Creating,
        Guard = sum.Guard + time.Guard,
        Air = sum.Air + time.Air,
        Checking = sum.Checking + time.Checking,
        Executing = sum.Executing + time.Executing,
        Saving = sum.Saving + time.Saving,
        Finishing = sum.Finishing + time.Finishing,
    });
}
