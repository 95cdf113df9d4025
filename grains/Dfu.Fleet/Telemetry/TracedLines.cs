using System.Diagnostics;

namespace Dfu.Fleet.Telemetry;

/// <summary>Log lines that are about a span, which is that of a campaign, an update or an attempt.</summary>
public static class TracedLines
{
    /// <summary>The category of those about single devices, of which a large campaign has tens of thousands.</summary>
    public const string Updates = "Dfu.Updates";

    [ThreadStatic]
    private static ActivityContext _about;

    /// <summary>The span that a line is about while it is written on this thread; empty when nobody said.</summary>
    /// <remarks>
    /// Campaigns, updates and attempts outlive the turns in which lines about them are written, so <see cref="Activity.Current"/> is none of them there.
    /// </remarks>
    public static ActivityContext Span => _about;

    /// <summary>Lines written until the result is disposed, on this thread and without an await, are about this span.</summary>
    public static About Of(ActivityContext span)
    {
        var about = new About(_about);
        _about = span;
        return about;
    }

    /// <inheritdoc cref="Of(ActivityContext)"/>
    /// <param name="traceParent">The span as W3C writes it; null for none.</param>
    public static About Of(string? traceParent) => Of(FleetActivities.Context(traceParent));

    public readonly ref struct About(ActivityContext before)
    {
        private readonly ActivityContext _before = before;

        public void Dispose() => _about = _before;
    }
}
