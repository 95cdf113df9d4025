using System.Text.Json.Serialization;

namespace Dfu.Fleet.Plans;

/// <summary>What happens when there are too many failures.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ErrorAction>))]
public enum ErrorAction
{
    /// <summary>No further device begins until somebody says so; what is under way is finished.</summary>
    Pause = 0,

    /// <summary>The campaign is cancelled; what is under way is finished.</summary>
    Stop,
}

/// <summary>How many failed devices are too many. Exactly one of the two is given.</summary>
public sealed record ErrorRule
{
    public int? Count { get; init; }

    /// <summary>Of all devices of the group or campaign, above 0 to 100; at least one device.</summary>
    public double? Percent { get; init; }

    public ErrorAction Action { get; init; }

    /// <summary>Whether so many failures are too many.</summary>
    /// <param name="of">Devices of the group or campaign.</param>
    public bool IsMet(int failures, int of) =>
        failures > 0 && (Count is { } count ? failures >= count : Percent is { } percent && failures * 100.0 >= percent * of);

    /// <summary>A rule that pauses: <c>3</c>, <c>5%</c>.</summary>
    public static bool TryParse(string text, out ErrorRule? rule)
    {
        rule = Amount.TryParse(text, out var most) ? new() { Count = most.Count, Percent = most.Percent } : null;
        return rule is not null;
    }

    internal string? Flaw() => this switch
    {
        { Count: null, Percent: null } or { Count: not null, Percent: not null } => "failures that are too many are given by count or by percent",
        { Count: < 1 } => "at least 1 failure may be too many",
        { Percent: <= 0 or > 100 or double.NaN } => "the percentage of failures that are too many is above 0 and at most 100",
        _ => null,
    };
}
