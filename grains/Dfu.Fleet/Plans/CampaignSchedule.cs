using System.Collections.Immutable;

namespace Dfu.Fleet.Plans;

/// <summary>When devices may begin. Times are of the clock on the wall.</summary>
public sealed record CampaignSchedule
{
    /// <summary>No device begins before; null is at once.</summary>
    public DateTimeOffset? Start { get; init; }

    /// <summary>No device begins after: what is under way is finished, the rest is cancelled. Null is never.</summary>
    public DateTimeOffset? End { get; init; }

    /// <summary>Devices begin within one of these only; empty is at any time.</summary>
    public ImmutableArray<TimeWindow> Windows { get; init; } = [];

    /// <summary>The IANA name of the time zone of <see cref="Windows"/>, such as Europe/Berlin; empty is UTC.</summary>
    public string Zone { get; init; } = "";

    internal string? Flaw() => this switch
    {
        _ when Start >= End => "a campaign's end comes after its start",
        _ when Zone.Length > 0 && !TimeZoneInfo.TryFindSystemTimeZoneById(Zone, out _) =>
            $"'{Zone}' is no time zone that this host knows; they look like Europe/Berlin",
        _ => Windows.Select(static window => window.Flaw()).FirstOrDefault(static flaw => flaw is not null),
    };
}

/// <summary>From a time of day to another, on some days of the week. One that ends no later than it begins ends on the next day.</summary>
public sealed record TimeWindow
{
    /// <summary>On which it begins; empty is every day.</summary>
    public ImmutableArray<DayOfWeek> Days { get; init; } = [];

    public required TimeOnly From { get; init; }

    public required TimeOnly To { get; init; }

    internal string? Flaw() => Days.Any(static day => !Enum.IsDefined(day)) ? "a window's days are days of the week" : null;
}
