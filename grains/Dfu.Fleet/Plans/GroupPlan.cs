using System.Collections.Immutable;

namespace Dfu.Fleet.Plans;

/// <summary>
/// Devices that are updated before those of later groups. Exactly one of the sizes is given; the last group may leave both out, and takes the rest
/// in any case.
/// </summary>
public sealed record GroupPlan
{
    public string Name { get; init; } = "";

    /// <summary>How many devices, at least 1.</summary>
    public int? Count { get; init; }

    /// <summary>How many of the campaign's devices, above 0 to 100; rounded up.</summary>
    public double? Percent { get; init; }

    /// <summary>The next group begins when so many percent of this one's devices are updated, above 0 to 100.</summary>
    public double GoOnAt { get; init; } = 100;

    /// <summary>How many failures of the group are too many; null is any number.</summary>
    public ErrorRule? Errors { get; init; }

    /// <summary>Somebody must approve before the next group begins.</summary>
    public bool Approval { get; init; }

    /// <summary>A group by its size alone: <c>10</c>, <c>5%</c>.</summary>
    public static bool TryParse(string text, out GroupPlan group)
    {
        group = new();
        if (!Amount.TryParse(text, out var size)) return false;
        group = new() { Count = size.Count, Percent = size.Percent };
        return true;
    }

    internal static string? Flaw(ImmutableArray<GroupPlan> groups, int? total)
    {
        for (var i = 0; i < groups.Length; i++)
        {
            if (groups[i].Flaw(last: i == groups.Length - 1, total) is { } flaw) return $"group {i + 1}{groups[i].Called}: {flaw}";
        }

        return groups.Sum(static group => group.Percent ?? 0) > 100 ? "the groups are more than 100 percent together" : null;
    }

    private string Called => Name.Length == 0 ? "" : $" ({Name})";

    private string? Flaw(bool last, int? total) => this switch
    {
        { Count: not null, Percent: not null } => "give its size by count or by percent, not both",
        { Count: null, Percent: null } when !last => "only the last group may have no size",
        { Count: < 1 } => "it has at least 1 device",
        { Percent: <= 0 or > 100 or double.NaN } => "its percentage is above 0 and at most 100",
        { Percent: not null } when total is null => "percent of how many? Give the number of devices, or the group's count",
        { GoOnAt: <= 0 or > 100 or double.NaN } => "the success that the next group waits for is above 0 and at most 100 percent",
        _ => Errors?.Flaw(),
    };
}
