using Dfu.Fleet.Devices;

namespace Dfu.Reports;

/// <summary>A part of where the time went.</summary>
/// <param name="Word">For people.</param>
/// <param name="Colour">For terminals.</param>
/// <param name="Letter">Draws it where there are no colours.</param>
public sealed record TimePart(TimeUse Use, string Word, string Colour, char Letter)
{
    /// <summary>In the order a device goes through them.</summary>
    public static IReadOnlyList<TimePart> All { get; } =
    [
        new(TimeUse.Waiting, "waiting for an adapter", "grey", '.'),
        new(TimeUse.BackingOff, "pausing after a failure", "yellow", ','),
        new(TimeUse.Connecting, "connecting", "mediumpurple2", 'c'),
        new(TimeUse.Jumping, "going to its bootloader", "orchid", 'j'),
        new(TimeUse.Resuming, "comparing, init packet", "darkcyan", 'i'),
        new(TimeUse.Creating, "creating objects", "olive", 'o'),
        new(TimeUse.Guard, "waiting for erased flash", "orange3", 'e'),
        new(TimeUse.Air, "sending", "dodgerblue2", '#'),
        new(TimeUse.Checking, "checksums", "deepskyblue3", 'k'),
        new(TimeUse.Executing, "executing objects", "steelblue", 'x'),
        new(TimeUse.Saving, "saving progress", "indianred", 's'),
        new(TimeUse.Finishing, "activating, verifying", "green3", '='),
    ];

    /// <summary>For documents.</summary>
    public string Key { get; } = ReportWords.CamelCase(Use.ToString());

    public double Of(TimeSpent time) => time.Of(Use);
}
